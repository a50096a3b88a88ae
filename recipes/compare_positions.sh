#!/usr/bin/env bash
# Twelve ways to tell a model where digits stand, each in a looped and a feed-forward model, the same training each on sums
# of 1..20 digits; ends in a picture of exact answers over operand length.
# usage: [MINUTES=1] [SEEDS="1 2 3"] [FEED_FORWARD_SEEDS=$SEEDS] [SAMPLES=40] recipes/compare_positions.sh [FOLDER]
#        STEPS=12000 in place of MINUTES    common.sh says what else
#
#   none, learned, rope, fire, abacus, abacus_fire: those of arXiv 2405.17399; none_log: none, with logits times the logarithm
#   of the length (arXiv 2202.12172); alibi: arXiv 2108.12409; random_fire: fire on random positions in training (arXiv
#   2305.16843); coupled: arXiv 2405.20671; clipped: the default model, a learned bias on clipped differences of the
#   weights of digits (docs/models.md); unit_norm: the default model without that bias, none with clipped's attention.
#
# All else is the default model and its optimizer. All but clipped and unit_norm have scaled dot products, as published,
# in place of unit norm, log-length factor and jitter. Tables of digits have random offsets up to 100 in training and are
# measured at offset 5, as offset 0 is hardly ever trained (abacus at 0: --offset=0 of `eval`). One thread a run, one run
# a core; one seed after the other.
set -euo pipefail
set -- cpu "${1:-out/compare_positions}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

out=$folder_given count=${COUNT:-1000000} budget="${MINUTES:-1} min. of one core" until=(--minutes="${MINUTES:-1}")
[[ -z ${STEPS:-} ]] || { budget="$STEPS steps" && until=(--steps="$STEPS" --minutes=0); }
read -ra seeds <<<"${SEEDS:-1 2 3}"
seeds_of_feed_forward=" ${FEED_FORWARD_SEEDS:-${seeds[*]}} "
schemes=(none none_log learned rope alibi fire random_fire abacus abacus_fire coupled unit_norm clipped)
mkdir -p "$out/configs" "$out/runs"

# The configuration of a scheme, a shape and a seed.
configuration() {
  local digits="table_rows: 512 max_offset: 100 offset_per_sample: true test_offset: 5" positions='' attention=''
  case $1 in
    learned) positions="table: LEARNED table_rows: 512" ;;
    rope) attention="position: ROPE" ;;
    alibi) attention="position: ALIBI" ;;
    fire) attention="position: FIRE" ;;
    random_fire) attention="position: FIRE random_positions: 512" ;;
    abacus) positions="table: ABACUS $digits" ;;
    abacus_fire) positions="table: ABACUS $digits" attention="position: FIRE" ;;
    coupled) positions="table: COUPLED $digits" ;;
  esac
  [[ $1 == clipped ]] || attention+=" relative_clip: 0"
  case $1 in
    clipped | unit_norm) ;;
    none_log) attention+=" unit_norm: false logit_jitter: 0 log_power: 1" ;;
    *) attention+=" unit_norm: false logit_jitter: 0 log_position: false" ;;
  esac
  local shape="layers: 1 recurrences: 3"
  [[ $2 == looped ]] || shape="layers: 3 recurrences: 1 separate_blocks: true"
  printf 'model { %s\n  positions { %s }\n  attention { %s }\n}\ntrain { seed: %s }\n' "$shape" "$positions" \
    "$attention" "$3"
}

# Job number n is runs/n; names[n] is its SHAPE:SCHEME.
names=()
for seed_of_run in "${seeds[@]}"; do
  for shape in looped feed_forward; do
    [[ $shape == looped || $seeds_of_feed_forward == *" $seed_of_run "* ]] || continue
    for scheme in "${schemes[@]}"; do
      configuration "$scheme" "$shape" "$seed_of_run" >"$out/configs/${#names[@]}.textproto"
      names+=("$shape:$scheme")
    done
  done
done
last=$((${#names[@]} - 1))

make_data addition --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1
say "Training $((last + 1)) models, $budget each"
job train JOB=0:$last train --config="$out/configs/JOB.textproto" --data="$out/tokens.safetensors" \
  --out="$out/runs/JOB" --resume "${until[@]}" --threads=1
say "Evaluation"
job grid JOB=0:$last eval --model="$out/runs/JOB" --rows=5..30:5,40..100:10 --operands=2 --samples="${SAMPLES:-40}" \
  --threads=1 --out="$out/cells.JOB.jsonl"

compare_lengths comparison \
  "Sums, trained on 1..20 digits, $budget: median and range of seeds" "${names[@]}"
