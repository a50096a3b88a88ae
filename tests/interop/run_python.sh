#!/usr/bin/env bash
# Runs a Python test with the packages of third_party/python_requirements.txt, or in the interpreter TALLY_PYTHON with
# its own.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
if [[ -n ${TALLY_PYTHON:-} ]]; then exec "$TALLY_PYTHON" "$@"; fi
PYTHONPATH=$PWD/../python_packages/site exec python3 "$@"
