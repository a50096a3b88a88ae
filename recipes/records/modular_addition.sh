#!/usr/bin/env bash
# The remainder of a sum, after training on 1..20 digits in 4,200 steps (MODULUS 7, 10: a minute of one core)
# or 20,000 (97): a recurrence for each pair of digits, its remainders supervised in training (docs/models.md).
# usage: [MODULUS=7] [SEED=1] recipes/records/modular_addition.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
modulus=${MODULUS:-7}
steps=$((modulus < 50 ? 4200 : 20000))
out=${1:-$out.$modulus}

begin
teach 1000000 15 "--max_digits=20 --keep_zero" \
  "--config=$root/recipes/digit_loop_cpu.textproto --set model.recurrences=2 --threads=1 --steps=${STEPS:-$steps}" \
  "--task=modular_addition --modulus=$modulus --reverse=none"
measure trained .99 --rows=1..20 --cols=1..20 --samples=10
for n in 100 200 500; do measure "digits_$n" .99 --rows="$n" --cols="$n" --samples=$((n < 200 ? 100 : n < 500 ? 50 : 10)); done
measure long_and_short .99 --rows=200 --cols=3 --samples=100
measure short_and_long .99 --rows=3 --cols=200 --samples=100
finish
