#!/usr/bin/env bash
# Sorting (docs/tasks.md): trained on up to 5 numbers of up to 3 digits, measured on more and longer ones.
# usage: [SEED=1] recipes/records/sorting.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

scorer=sort_eval
begin
teach 1000000 10 "--max_digits=3 --max_digits_second=5" \
  "--config=$root/recipes/sorting_cpu.textproto --set model.recurrences=3" --task=sorting
measure trained .95 --digits=1..3 --lengths=1..5 --samples=100
measure more_numbers 0 --digits=1..3 --lengths=6 --samples=100
measure longer_numbers 0 --digits=4..6 --lengths=1..5 --samples=100
measure both 0 --digits=4..6 --lengths=6 --samples=100
finish
