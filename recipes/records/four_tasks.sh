#!/usr/bin/env bash
# One model for sums, differences, products with a scratchpad and sorting with one, in 8,000 steps of one core, a fourth of
# them for each; with ONLY a model of the same size for one of the four, in the fourth of the steps.
# usage: [ONLY=addition] [SEED=1] recipes/records/four_tasks.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
tasks=(addition subtraction multiplication sorting)
steps=${STEPS:-8000}
if [[ -n ${ONLY:-} ]]; then
  tasks=("$ONLY") steps=$((steps / 4))
  out=${1:-$out.$ONLY}
fi
declare -A drawn=(
  [addition]="--max_digits=20 --equal_lengths=.1 --carry_chains=.1"
  [subtraction]="--max_digits=20 --equal_lengths=.1 --common_digits=.1"
  [multiplication]="--max_digits=6 --keep_zero"
  [sorting]="--max_digits=6 --max_digits_second=8 --adversarial=.1 --keep_zero"
)
declare -A written=([multiplication]="--scratchpad" [sorting]="--scratchpad --random_labels=1")

# learn: data of each task, and a model of all.
learn() {
  local task data=() words=() made=()
  mkdir -p "$out"
  for task in "${tasks[@]}"; do
    read -ra words <<<"--task=$task ${written[$task]:-}"
    read -ra made <<<"${drawn[$task]}"
    datagen --count="${COUNT:-200000}" --seed="$seed" --length_distribution=uniform "${words[@]}" "${made[@]}" |
      tokenize "${words[@]}" --vocab=all --out="$out/$task.safetensors" 2>>"$out/log.txt"
    data+=(--data="$out/$task.safetensors")
    say "${COUNT:-200000} problems: ${words[*]} ${made[*]}"
  done
  read -ra words <<<"${TRAIN:-}"
  train "${data[@]}" --out="$out/run" --config="$root/recipes/four_tasks_cpu.textproto" --threads=1 --steps="$steps" \
    --minutes="${MINUTES:-120}" --seed="$seed" "${words[@]}" 2>>"$out/log.txt"
  say "trained: $(tail -n 1 "$out/run/metrics.jsonl" | cut -d, -f 1,3,5)"
}

# numbers TASK LENGTH...: problems of two numbers of this length.
numbers() {
  local n
  for n in "${@:2}"; do measure "${1}_$n" .95 --task="$1" --rows="$n" --cols="$n" --samples=100; done
}

begin
[[ -e $out/run ]] || learn
for task in "${tasks[@]}"; do
  case $task in
    multiplication) numbers multiplication 6 10 20 30 ;;
    sorting)
      scorer=sort_eval
      for size in 6,8 10,10 20,20 30,30; do
        measure "sorting_${size/,/_}" .95 --digits="${size%,*}" --lengths="${size#*,}" --samples=50
      done
      ;;
    *) numbers "$task" 20 50 100 ;;
  esac
done
finish
