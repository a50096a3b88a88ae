#!/usr/bin/env bash
# Products without a scratchpad, in distribution: factors of 1..3 digits, each digit of the product from one forward
# pass; longer factors fail (recipes/multiplication.sh says why).
# usage: [SEED=1] recipes/records/bare_multiplication.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 2000000 12 "--max_digits=3 --keep_zero" \
  "--set model.hidden_size=96 --set model.layers=2 --set model.attention.heads=8 --set model.attention.relative_clip=8" \
  --task=multiplication
for n in 1 2 3; do measure "digits_$n" .95 --rows="$n" --cols="$n" --samples=500; done
measure square .95 --rows=1..3 --cols=1..3 --samples=200
finish
