#!/usr/bin/env bash
# A string of digits from its end, after training on 1..20 digits in 3,600 steps, a minute of one core: a shift register that takes a
# digit each recurrence, its state supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/reverse.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 15 --max_digits=20 \
  "--config=$root/recipes/digit_loop_cpu.textproto --set model.recurrence_operand=FIRST_OPERAND --threads=1 --steps=${STEPS:-3600}" --task=reverse
measure trained .99 --rows=1..20 --samples=100
for n in 100 200 500; do measure "digits_$n" .99 --rows="$n" --samples=$((n < 200 ? 100 : n < 500 ? 50 : 10)); done
# One digit over and over: nothing but its place tells it from its neighbours.
for n in 199 200; do for d in {0..9}; do printf '~%s=\n' "$(printf "$d%.0s" $(seq "$n"))"; done; done >"$out/even.problems"
measure one_digit_200 .99 --problems="$out/even.problems" --cells_by=file
finish
