#!/usr/bin/env bash
# Sums of many numbers, without a scratchpad, trained on 2..5 numbers of 1..10 digits 6,000 steps, two minutes of one core: a
# recurrence for each number, its state supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/bare_sums.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 15 "--min_operands=2 --max_operands=5 --max_digits=10 --keep_zero --extreme_digits=.2" \
  "--config=$root/recipes/bare_sums_cpu.textproto --steps=${STEPS:-6000}"
measure trained .99 --rows=2..10:4 --operands=2..5 --samples=50
for n in 10 20 30; do measure "numbers_$n" .99 --rows=30 --operands="$n" --samples=100; done
measure digits_100 .99 --rows=100 --operands=20 --samples=100
finish
