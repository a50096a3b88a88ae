#!/usr/bin/env bash
# Checks the shell scripts with shellcheck.
# usage: scripts/check_shell.sh
set -euo pipefail
cd "$(dirname "$0")/.."

find . -type d \( -name .git -o -path ./runs -o -path ./out \) -prune -o -type f \( -name '*.sh' -o -path ./.ci/run \) -print0 |
  xargs -0 shellcheck --external-sources
