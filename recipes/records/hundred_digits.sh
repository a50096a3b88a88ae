#!/usr/bin/env bash
# Sums of two 100-digit numbers after training on at most 10 digits, 99 % wanted, within 25 seconds from nothing.
# usage: [SEED=1] [GRID=1] recipes/records/hundred_digits.sh [FOLDER]    GRID=0: without the grid; record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 300000 .2 "--max_digits=10 --equal_lengths=.1 --carry_chains=.1" "--config=$root/recipes/records/quick_sums.textproto"
long_sums hundred_digits 100 200 100
if [[ ${GRID:-1} != 0 ]]; then
  say "the record ends here; what follows is the grid"
  measure grid 0 --rows=1..100 --cols=1..100 --samples=10
  plot heatmap "$out/grid.jsonl" --out="$out/grid.png" \
    --title="Sums: trained for 12 seconds on at most 10 digits, ${SAMPLES:-10} sums a cell"
fi
finish
