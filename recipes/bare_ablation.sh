#!/usr/bin/env bash
# What the recipe for bare products (bare_multiplication_cpu.textproto) owes to each of its parts: models that differ from
# it in one thing each, the same number of trained recurrences each, three seeds; ends in a picture of exact products over
# the length of both factors.
# usage: [STEPS=8000] [SEEDS="1 2 3"] [SAMPLES=50] [COUNT=2000000] recipes/bare_ablation.sh [FOLDER]
#        common.sh says what else
#
# A step of a taught model trains one recurrence a problem; one of an unrolled model trains all of them, four and a half
# in the mean, and so it gets a quarter of the steps. One thread a run, one run a core.
set -euo pipefail
set -- cpu "${1:-out/bare_ablation}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

out=$folder_given steps=${STEPS:-8000} count=${COUNT:-2000000}
read -ra seeds <<<"${SEEDS:-1 2 3}"
mkdir -p "$out/configs" "$out/runs" "$out/data"
recipe=$root/recipes/bare_multiplication_cpu.textproto

# Job number n is runs/n. variant PANEL:NAME DIGITS STEPS TEXT: the recipe with TEXT, trained on factors of 1..DIGITS.
names=()
variant() {
  local seed_of_run n
  for seed_of_run in "${seeds[@]}"; do
    n=${#names[@]}
    printf 'data: "%s/data/%s.safetensors"\n%s\ntrain { seed: %s steps: %s }\n' "$out" "$2" "$4" "$seed_of_run" "$3" \
      >"$out/configs/$n.textproto"
    names+=("$1")
  done
}

taught=$steps unrolled=$((steps / 4))
one_by_one="train { loss { state_training: UNROLLED } }"
variant "taught:recipe" 6 "$taught" ""
variant "taught:all keys" 6 "$taught" "model { attention { local: false log_power: 1.5 } }"
variant "taught:no further recurrences" 6 "$taught" "train { loss { extra_recurrences: 0 } }"
variant "taught:state by probabilities" 6 "$taught" "model { state { handed_on: PROBABILITIES } }"
variant "taught:recurrence unknown" 6 "$taught" "model { attention { shift_clip: 0 key_clip: 0 } }"
variant "taught:clips of 1" 6 "$taught" "model { attention { relative_clip: 1 shift_clip: 1 key_clip: 1 } }"
variant "taught:key clip of 1" 6 "$taught" "model { attention { key_clip: 1 } }"
variant "taught:clips of 3" 6 "$taught" "model { attention { relative_clip: 3 shift_clip: 3 key_clip: 3 } }"
variant "taught:width 48" 6 "$taught" "model { hidden_size: 48 }"
variant "taught:width 64" 6 "$taught" "model { hidden_size: 64 }"
variant "taught:one layer" 6 "$taught" "model { layers: 1 }"
variant "taught:factors up to 4 digits" 4 "$taught" ""
variant "taught:factors up to 3 digits" 3 "$taught" ""
variant "unrolled:recipe" 6 "$unrolled" "$one_by_one"
variant "unrolled:residual state" 6 "$unrolled" "$one_by_one model { state { handed_on: RESIDUAL } }"
variant "unrolled:normed state" 6 "$unrolled" "$one_by_one model { state { handed_on: NORMED } }"
variant "unrolled:not supervised" 6 "$unrolled" "$one_by_one
model { state { handed_on: RESIDUAL } }
train { loss { state_weight: 0 } }"
last=$((${#names[@]} - 1))

say "Training data"
for digits in 3 4 6; do
  # shellcheck disable=SC2016
  job "data_$digits" bash -c 'datagen --task=multiplication --count="$1" --seed="$2" --length_distribution=uniform \
    --max_digits="$3" --keep_zero --extreme_digits=.3 | tokenize --task=multiplication --out="$4"' - "$count" "$seed" \
    "$digits" "$out/data/$digits.safetensors"
done
say "Training $((last + 1)) models"
job train JOB=0:$last train --config="$recipe" --config="$out/configs/JOB.textproto" --out="$out/runs/JOB" --resume \
  --threads=1
say "Evaluation"
job grid JOB=0:$last eval --model="$out/runs/JOB" --rows=3,6,10,15,20,30,50 --operands=2 --samples="${SAMPLES:-50}" \
  --threads=1 --out="$out/cells.JOB.jsonl"

compare_lengths ablation \
  "Bare products, $steps steps each: median and range of ${#seeds[@]} seeds" "${names[@]}"
