#!/usr/bin/env bash
# usage: faults_test.sh [TRIALS] [SEED]: faults.py with the tools that were built; from the root of the build's output.
set -euo pipefail

for tool in datagen tokenize train eval plot; do PATH=$PWD/tools/$tool:$PATH; done
OMP_NUM_THREADS=1 exec python3 tests/faults/faults.py "$PWD/tests/faults/libfault.so" "${1:-20}" "${2:-1}"
