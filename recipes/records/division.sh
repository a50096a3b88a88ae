#!/usr/bin/env bash
# Division by one digit, after training on dividends of 1..20 digits in 5,600 steps, two minutes of one core: a recurrence
# for each digit, its remainder supervised in training (docs/models.md). The divisor is far from most digits, so attention
# is not local.
# usage: [SEED=1] recipes/records/division.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
far="--set model.recurrence_operand=FIRST_OPERAND --set model.attention.local=false --set model.attention.log_power=1"
teach 1000000 15 --max_digits=20 \
  "--config=$root/recipes/digit_loop_cpu.textproto $far --threads=1 --steps=${STEPS:-5600}" --task=division
measure trained .99 --rows=1..20 --samples=100
for n in 100 200 500; do measure "digits_$n" .99 --rows="$n" --samples=$((n < 200 ? 100 : n < 500 ? 50 : 10)); done
# One digit over and over, by each divisor.
for d in {0..9}; do for k in {1..9}; do printf '%s/%s=\n' "$(printf "$d%.0s" $(seq 200))" "$k"; done; done >"$out/even.problems"
measure one_digit_200 .99 --problems="$out/even.problems" --cells_by=file
finish
