#!/usr/bin/env bash
# wandb_test.py with W&B's own client, offline: the packages of third_party/wandb_requirements.txt are fetched.
set -euo pipefail
site=$TEST_TMPDIR/wandb_site
python3 -m pip install --quiet --no-deps --require-hashes --only-binary=:all: --no-cache-dir --disable-pip-version-check \
  --root-user-action=ignore --requirement third_party/wandb_requirements.txt --target "$site"
PYTHONPATH=$site WANDB_MODE=offline exec python3 tests/interop/wandb_test.py
