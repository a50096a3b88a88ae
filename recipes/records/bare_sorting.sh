#!/usr/bin/env bash
# Sorting after training on arrays of 1..10 numbers of 1..10 digits in 9,000 steps of one core: recurrences insert one number
# after the other, a digit a recurrence, their state supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/bare_sorting.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
# shellcheck source=recipes/records/hard_arrays.sh
source "$(dirname "$0")/hard_arrays.sh"

scorer=sort_eval
begin
teach 400000 60 "--max_digits=10 --max_digits_second=10 --adversarial=.1" \
  "--config=$root/recipes/sorting_loop_cpu.textproto --threads=1 --steps=${STEPS:-9000}" \
  "--task=sorting --random_labels=1"
measure trained .98 --digits=1..10 --lengths=1..10 --samples=10
measure two_numbers .99 --digits=1,10,30 --lengths=2 --samples=100
measure longer_numbers .98 --digits=15,20,30 --lengths=2,5,10 --samples=20
measure more_numbers .98 --digits=2,5,10 --lengths=15,20,30 --samples=20
hard 10 10 20
for n in 15 20 30; do measure "both_$n" .98 --digits="$n" --lengths="$n" --samples=20; done
hard 20 20 5
finish
