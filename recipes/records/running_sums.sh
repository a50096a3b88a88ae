#!/usr/bin/env bash
# Sums of many numbers with running sums written out (docs/tasks.md): trained on 2..5 numbers of 1..10 digits, measured
# on up to 30 numbers of 30 and 100 digits.
# usage: [SEED=1] recipes/records/running_sums.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 4 "--max_digits=10 --max_operands=5" \
  "--config=$root/recipes/records/scratchpad.textproto" --scratchpad
measure trained .99 --rows=2..10:4 --operands=2..5 --samples=50
for n in 10 20 30; do measure "numbers_$n" .95 --rows="$n" --operands="$n" --samples=100; done
measure digits_100 .95 --rows=100 --operands=30 --samples=100
finish
