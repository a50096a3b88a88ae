#!/usr/bin/env bash
# Products without a scratchpad, trained on factors of 1..6 digits, 8,000 steps, four minutes of one core: a recurrence for
# each digit of the second factor, its state supervised in training (docs/models.md). What is asked is the bare problem,
# and what counts is the bare answer.
# usage: [SEED=1] recipes/records/bare_multiplication.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

# hard NAME DIGITS AWK: products of two numbers of this many digits, each a string that the function number(n) of the
# awk program makes, least significant digit first.
hard() {
  awk -v digits="$2" -v seed="$seed" "function digit() { return 1 + int(9 * rand()) }
    function number(n,   i, text) { $3 }
    BEGIN { srand(seed); for (k = 0; k < 20; ++k) print number(digits - k % 5) \"x\" number(digits - int(k / 5)) \"=\" }" \
    >"$out/$1_$2.problems"
  measure "$1_$2" .99 --problems="$out/$1_$2.problems" --cells_by=file
}

begin
teach 2000000 15 "--max_digits=6 --keep_zero --extreme_digits=.3" \
  "--config=$root/recipes/bare_multiplication_cpu.textproto --steps=${STEPS:-8000}" --task=multiplication
measure trained .995 --rows=1..6 --cols=1..6 --samples=200
for n in 10 15 20; do measure "digits_$n" .99 --rows="$n" --cols="$n" --samples=200; done
measure digits_30 .99 --rows=30 --cols=30 --samples=100
measure short_and_long .99 --rows=6 --cols=30 --samples=100
measure long_and_short .99 --rows=30 --cols=6 --samples=100
measure digits_50 .98 --rows=50 --cols=50 --samples=100
measure digits_100 .9 --rows=100 --cols=100 --samples=100
measure digits_200 .9 --rows=200 --cols=200 --samples=20
for n in 20 50; do
  hard nines "$n" 'for (i = 0; i < n; ++i) text = text 9; return text'
  hard powers "$n" 'for (i = 1; i < n; ++i) text = text 0; return text 1'
  hard repeated "$n" 'd = digit(); for (i = 0; i < n; ++i) text = text d; return text'
  hard inner_zeros "$n" 'text = digit(); for (i = 2; i < n; ++i) text = text 0; return text digit()'
done
finish
