#!/usr/bin/env bash
# Strikes the tools with random faults of the disk and the machine (tests/faults/faults.py); one line says how it goes.
# usage: scripts/faults.sh [TRIALS] [SEED]    1000 and a random one where none are given; some minutes a hundred
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

run_bazel build //tests/faults:faults_test
cd -P bazel-bin/tests/faults/faults_test.runfiles/tally
exec tests/faults/faults_test.sh "${1:-1000}" "${2:-$RANDOM}"
