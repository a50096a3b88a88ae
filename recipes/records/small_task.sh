#!/usr/bin/env bash
# A task whose answer depends on digits of one place and the one before, by the default model, after training on 1..20
# digits in 2,400 steps, a minute of one core. TASK: copy, bitwise_and, bitwise_xor, or parity with its scratchpad.
# usage: [TASK=copy] [SEED=1] recipes/records/small_task.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
task=${TASK:-copy}
out=${1:-$out.$task}

begin
teach 400000 15 --max_digits=20 "--threads=1 --steps=${STEPS:-2400}" "--task=$task$([[ $task != parity ]] || echo ' --scratchpad')"
measure trained .99 --rows=1..20 --samples=100
for n in 100 200 500; do measure "digits_$n" .99 --rows="$n" --samples=100; done
datagen --task="$task" --count=20 --exact --max_digits=200 --adversarial=1 --seed=$((seed + 2000)) |
  sed 's/=.*/=/' | sort -u >"$out/even.problems"
measure one_digit_200 .99 --problems="$out/even.problems" --cells_by=file
finish
