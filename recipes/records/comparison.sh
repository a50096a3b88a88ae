#!/usr/bin/env bash
# Which of two numbers is greater, after training on 1..20 digits in 4,600 steps, a minute of one core: a recurrence for each pair of
# digits, its state supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/comparison.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 15 "--max_digits=20 --keep_zero --equal_lengths=.5 --extreme_digits=.1 --common_digits=.6" \
  "--config=$root/recipes/digit_loop_cpu.textproto --threads=1 --steps=${STEPS:-4600}" --task=comparison
measure trained .99 --rows=1..20 --cols=1..20 --samples=10
for n in 100 200 500; do measure "digits_$n" .99 --rows="$n" --cols="$n" --samples=$((n < 200 ? 100 : n < 500 ? 50 : 10)); done
# Equal numbers, and numbers that differ in their lowest digit alone.
datagen --count=100 --exact --max_digits=200 --seed=$((seed + 2000)) | tr '+=' '  ' | awk -v at="$out/" '{
  print $1 "?" $1 "=" >(at "equal_200.problems")
  print $1 "?" (substr($1, 1, 1) + 1 + NR % 9) % 10 substr($1, 2) "=" >(at "last_200.problems")
}'
for name in equal last; do measure "${name}_200" .99 --problems="$out/${name}_200.problems" --cells_by=file; done
finish
