#!/usr/bin/env bash
# Builds Tally and runs its main job, recipes/addition_demo.sh, on this machine.
# usage: scripts/demo.sh [FOLDER]    SEED and MINUTES of training may be set in the environment
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

scripts/bootstrap.sh
[[ -e bazel-bin ]] || echo "Building, which takes some minutes the first time" >&2
run_bazel build //tools/...
for folder in "$PWD"/bazel-bin/tools/*/; do
  PATH=$folder:$PATH
done
exec recipes/addition_demo.sh "$@"
