#!/usr/bin/env bash
# Differences after training on 1..20 digits in 5,600 steps, two minutes of one core: a recurrence for each pair of digits, its state
# supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/subtraction.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

# hard DIGITS COUNT: differences that depend on digits far away, half of them negative.
#   equal      a - a
#   last       all digits common but the lowest: what is left has one digit
#   beginning  the upper half of the digits common
#   one        P10..0 - P09..9: borrows through a run of zeros, and 1 is left of all digits
#   power      10..0 less a number of three digits
hard() {
  datagen --count="$2" --exact --max_digits="$1" --seed=$((seed + 2000)) | tr '+=' '  ' | awk -v n="$1" -v at="$out/" '
    function run(digit, length_, text) { while (length_-- > 0) text = text digit; return text }
    function ask(name, a, b) { print (NR % 2 ? a "-" b : b "-" a) "=" >(at name "_" n ".problems") }
    {
      a = $1
      zeros = 1 + NR * 7 % (n - 2)
      above = substr(a, zeros + 2)
      ask("equal", a, a)
      ask("last", a, (substr(a, 1, 1) + 1 + NR % 9) % 10 substr(a, 2))
      ask("beginning", a, substr($2, 1, int(n / 2)) substr(a, int(n / 2) + 1))
      ask("one", run(0, zeros) 1 above, run(9, zeros) (above == "" ? "" : 0 above))
      ask("power", run(0, n - 1) 1, substr(a, 1, 2) 7)
    }'
  local name
  for name in equal last beginning one power; do
    measure "${name}_$1" .99 --problems="$out/${name}_$1.problems" --cells_by=file
  done
}

begin
teach 1000000 15 "--max_digits=20 --keep_zero --equal_lengths=.3 --extreme_digits=.2 --common_digits=.4" \
  "--config=$root/recipes/digit_loop_cpu.textproto --threads=1 --steps=${STEPS:-5600}" --task=subtraction
measure trained .99 --rows=1..20 --cols=1..20 --samples=10
measure digits_100 .99 --rows=100 --cols=100 --samples=200
measure long_and_short .99 --rows=100 --cols=3 --samples=50
measure short_and_long .99 --rows=3 --cols=100 --samples=50
hard 100 50
hard 500 4
measure digits_1000 .99 --rows=1000 --cols=1000 --samples=10
finish
