#!/usr/bin/env bash
# Sorting with a scratchpad, the rows of an insertion sort (docs/tasks.md), after training on arrays of 1..8 numbers of 1..6
# digits in 4,000 steps of one core: arrays of 10 x 10, 20 x 20 and 30 x 30 wanted wholly right, every row included.
# usage: [SEED=1] recipes/records/insertion_rows.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
# shellcheck source=recipes/records/hard_arrays.sh
source "$(dirname "$0")/hard_arrays.sh"

scorer=sort_eval
begin
teach 200000 60 "--max_digits=6 --max_digits_second=8 --adversarial=.1 --keep_zero" \
  "--config=$root/recipes/insertion_rows_cpu.textproto --threads=1 --steps=${STEPS:-4000}" \
  "--task=sorting --scratchpad --random_labels=1"
measure trained .98 --digits=1..6 --lengths=1..8 --samples=20
measure two_numbers .98 --digits=1,10,30,100 --lengths=2 --samples=100
measure longer_numbers .98 --digits=10,20,30,100 --lengths=8 --samples=50
measure more_numbers .98 --digits=6 --lengths=10,20,30 --samples=50
measure more_numbers_50 .95 --digits=6 --lengths=50 --samples=20
measure both_10 .98 --digits=10 --lengths=10 --samples=100
measure both_20 .9 --digits=20 --lengths=20 --samples=100
measure both_30 .95 --digits=30 --lengths=30 --samples=100
hard 10 10 "${SAMPLES:-20}" --scratchpad
hard 20 20 "${SAMPLES:-20}" --scratchpad
finish
