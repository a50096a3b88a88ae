#!/usr/bin/env bash
# The tasks that the reference does not have, each with the default model and optimizer: STEPS steps of training on 1..20
# digits, then exact answers at 5 to 100 digits. What came out is in docs/tasks.md.
# usage: [STEPS=2000] [THREADS=0] [SAMPLES=100] recipes/small_tasks.sh [FOLDER]    common.sh says what else
set -euo pipefail
set -- cpu "${1:-out/small_tasks}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

count=${COUNT:-400000} all=$folder_given
lengths=5,10,20,30,40,50,100
variants=("parity" "parity --scratchpad" "copy" "reverse" "modular_addition" "modular_addition --modulus=5"
  "bitwise_and" "bitwise_xor")

cells=()
for variant in "${variants[@]}"; do
  read -ra flags <<<"--task=$variant"
  out=$all/${variant// --/_}
  mkdir -p "$out"
  say "$variant, in $out"
  # shellcheck disable=SC2016
  job data bash -c 'datagen --count="$1" --seed="$2" --max_digits=20 "${@:4}" | tokenize "${@:4}" --out="$3"' - \
    "$count" "$seed" "$out/tokens.safetensors" "${flags[@]}"
  job train train --data="$out/tokens.safetensors" --out="$out/run" --resume --steps="${STEPS:-2000}" --seed="$seed" \
    --threads="${THREADS:-0}"
  grid=(--rows="$lengths") # of one length, or of two numbers of equal length
  [[ $variant != modular* ]] || grid+=(--operands=2)
  job cells eval --model="$out/run" "${grid[@]}" --samples="${SAMPLES:-100}" \
    --seed=$((seed + 1000)) --out="$out/cells.jsonl"
  cells+=("${variant//=/ }=$out/cells.jsonl")
done
plot lengths "${cells[@]}" --title="Small tasks, trained on 1..20 digits" --out="$all/small_tasks.png"
plot lengths "${cells[@]}"
