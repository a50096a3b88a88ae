#!/usr/bin/env bash
# Nine ways to tell a model where digits stand, each in a looped and a feed-forward model, the same minutes of training
# each on sums of 1..20 digits, three seeds; ends in a picture of exact answers over operand length.
# usage: [MINUTES=1] [SEEDS="1 2 3"] [SAMPLES=40] recipes/compare_positions.sh [FOLDER]    common.sh says what else
#
#   none, learned, rope, fire, abacus, abacus_fire: those of arXiv 2405.17399; coupled: arXiv 2405.20671; clipped: the
#   default model, a learned bias on clipped differences of the weights of digits (docs/models.md); unit_norm: the default
#   model without that bias, none with clipped's attention.
#
# All else is the default model and its optimizer. All but clipped and unit_norm have scaled dot products, as published,
# in place of unit norm, log-length factor and jitter. Tables of digits have random offsets up to 100 in training and are
# measured at offset 5, as offset 0 is hardly ever trained (abacus at 0: --offset=0 of `eval`). One thread a run, one run
# a core.
set -euo pipefail
set -- cpu "${1:-out/compare_positions}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

out=$folder_given minutes=${MINUTES:-1} count=${COUNT:-1000000}
read -ra seeds <<<"${SEEDS:-1 2 3}"
schemes=(none learned rope fire abacus abacus_fire coupled unit_norm clipped) shapes=(looped feed_forward)
mkdir -p "$out/configs" "$out/runs"

# The configuration of a scheme, a shape and a seed.
configuration() {
  local digits="table_rows: 512 max_offset: 100 offset_per_sample: true test_offset: 5" positions='' attention=''
  case $1 in
    learned) positions="table: LEARNED table_rows: 512" ;;
    rope) attention="position: ROPE" ;;
    fire) attention="position: FIRE" ;;
    abacus) positions="table: ABACUS $digits" ;;
    abacus_fire) positions="table: ABACUS $digits" attention="position: FIRE" ;;
    coupled) positions="table: COUPLED $digits" ;;
  esac
  [[ $1 == clipped ]] || attention+=" relative_clip: 0"
  [[ $1 == clipped || $1 == unit_norm ]] || attention+=" unit_norm: false log_position: false logit_jitter: 0"
  local shape="layers: 1 recurrences: 3"
  [[ $2 == looped ]] || shape="layers: 3 recurrences: 1 separate_blocks: true"
  printf 'model { %s\n  positions { %s }\n  attention { %s }\n}\ntrain { seed: %s }\n' "$shape" "$positions" \
    "$attention" "$3"
}

# Job number n is runs/n; names[n] is its SHAPE:SCHEME.
names=()
for shape in "${shapes[@]}"; do
  for scheme in "${schemes[@]}"; do
    for seed_of_run in "${seeds[@]}"; do
      configuration "$scheme" "$shape" "$seed_of_run" >"$out/configs/${#names[@]}.textproto"
      names+=("$shape:$scheme")
    done
  done
done
last=$((${#names[@]} - 1))

make_data addition --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1
say "Training $((last + 1)) models, $minutes minutes each"
job train JOB=0:$last train --config="$out/configs/JOB.textproto" --data="$out/tokens.safetensors" \
  --out="$out/runs/JOB" --resume --minutes="$minutes" --threads=1
say "Evaluation"
job grid JOB=0:$last eval --model="$out/runs/JOB" --rows=5..30:5,40..100:10 --operands=2 --samples="${SAMPLES:-40}" \
  --threads=1 --out="$out/cells.JOB.jsonl"

compare_lengths comparison \
  "Sums, trained on 1..20 digits for $minutes min. on one core: median and range of ${#seeds[@]} seeds" "${names[@]}"
