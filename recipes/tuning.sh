#!/usr/bin/env bash
# Subtraction learned by a model that can add, against one that begins from nothing: --init_from, the same data, the same
# steps, three seeds.
# usage: [SEEDS="1 2 3"] [STEPS=1000] recipes/tuning.sh [FOLDER]    common.sh says what else
#
# For each seed: ADDITION_STEPS (1500) of sums of 1..20 digits; then STEPS of differences of 1..20 digits, once with the
# weights of that model and once from nothing, validated every tenth of the way on 500 differences of 1..20 digits. Ends in
# a picture of the training and one of the exact answers over length.
set -euo pipefail
set -- cpu "${1:-out/tuning}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"
out=$folder_given count=${COUNT:-300000} steps=${STEPS:-1000} samples=${SAMPLES:-100}
read -ra seeds <<<"${SEEDS:-1 2 3}"
mkdir -p "$out"

# data TASK NAME SEED FLAG...: the token data set NAME.
data() {
  # shellcheck disable=SC2016
  job "data_$2" bash -c 'set -o pipefail; task=$1 out=$2; shift 2; datagen --task="$task" "$@" | tokenize --task="$task" --out="$out"' \
    - "$1" "$out/$2.safetensors" --max_digits=20 --length_distribution=uniform --seed="$3" "${@:4}"
}

# learn RUN SEED STEPS DATA FLAG...: one training run.
learn() {
  job "train_$1" train --config="$root/recipes/addition_looped_cpu.textproto" --data="$out/$4.safetensors" --out="$out/$1" \
    --resume --seed="$2" --steps="$3" "${@:5}"
}

say "Data"
data addition sums 1 --count="$count" --equal_lengths=.1 --carry_chains=.1
data subtraction differences 2 --count="$count" --equal_lengths=.2
data subtraction held_out 3 --count=500
validation=(--set train.validation_data="$out/held_out.safetensors" --set train.eval_every_steps=$((steps / 10)))
curves=() lines=()
for s in "${seeds[@]}"; do
  say "Seed $s: addition, then subtraction tuned and from nothing"
  learn "addition.$s" "$s" "${ADDITION_STEPS:-1500}" sums
  learn "tuned.$s" "$s" "$steps" differences "${validation[@]}" --init_from="$out/addition.$s"
  learn "scratch.$s" "$s" "$steps" differences "${validation[@]}"
  for kind in tuned scratch; do
    job "eval_$kind.$s" eval --model="$out/$kind.$s" --rows=5,10,15,20,30,40 --operands=2 --samples="$samples" \
      --seed=1000 --out="$out/$kind.$s.jsonl"
    curves+=("$kind $s=$out/$kind.$s") lines+=("$kind=$out/$kind.$s.jsonl")
  done
done

say "Exact differences over length, and the training"
for kind in png svg; do
  plot training "${curves[@]}" --out="$out/training.$kind"
  plot lengths "${lines[@]}" --out="$out/lengths.$kind" --title="Subtraction after $steps steps: ${#seeds[@]} seeds"
done
plot lengths "${lines[@]}"
for s in "${seeds[@]}"; do
  for kind in tuned scratch; do
    printf '%s %s, validation:' "$kind" "$s"
    sed -nE 's/.*"step":([0-9]+),.*"validation_exact":([0-9.e-]+),.*/ \1 \2;/p' "$out/$kind.$s/metrics.jsonl" | tr -d '\n'
    echo
  done
done
