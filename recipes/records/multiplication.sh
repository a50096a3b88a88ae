#!/usr/bin/env bash
# Products with a scratchpad (docs/tasks.md): trained on factors of 1..6 digits, 95 % of products of two
# numbers of 30, and of up to 100, digits wanted wholly right, every row of the scratchpad included.
# usage: [SEED=1] recipes/records/multiplication.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 3000000 12 "--max_digits=6 --keep_zero" \
  "--config=$root/recipes/records/scratchpad.textproto --set train.batch_size=64" "--task=multiplication --scratchpad"
measure trained .99 --rows=1..6 --cols=1..6 --samples=50
measure long_by_short .95 --rows=30 --cols=3 --samples=100
measure short_by_long .95 --rows=3 --cols=30 --samples=100
for n in 10 20 30 40 50 100; do measure "digits_$n" .95 --rows="$n" --cols="$n" --samples=100; done
finish
