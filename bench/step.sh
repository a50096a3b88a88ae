#!/usr/bin/env bash
# What a whole training step costs: forward, loss, backward, clipping, optimizer, as `train` runs them, on sums.
#
#   1. Over width: sums of 1..20 digits, as the default recipe has them.
#   2. Over length: sums of two numbers of exactly this many digits; 4 digits make lines of 16 tokens, 109 of 330.
#   Both with the clipped relative bias alone, as the default recipe, with biases that know the recurrence beside it, as
#   the recipe of bare products, and with FIRE in its place; RoPE and ALiBi where POSITIONS asks for them.
#   3. Published models (recipes/paper) at width 128 (published.textproto), on the first part's sums: for addition the
#      looped ones with Abacus and with FIRE, the one of 16 layers with Abacus and RoPE; the four layers four times for
#      products, with Abacus and FIRE.
#
# A line for each point, from a process of its own, so that its peak memory is that of this point. Columns: "layers" of
# the block and how often it is applied; "tokens" of the longest line; tokens/s without padding; GFLOP/s of matrix
# products that the step needs, by the formula of bench/useful_flop.h; "sgemm", what this machine's matrix products reach
# in the same process, the best of square matrices of 512, 1024 and 2048; "%sgemm" their ratio; "+Muon" the same with the
# optimizer's products; "%pad" the part of computed positions that is padding.
#
# usage: bench/step.sh
# environment: WIDTHS ("48 64 128 256 512 1024"), DIGITS ("4 20 50 109"), DIGITS_WIDTHS ("64 256"),
#   POSITIONS ("clipped recurrence fire"), POINT_SECONDS (2), TURNS (3), THREADS (0: all cores), BATCH (48),
#   PUBLISHED (1). WIDTHS= leaves out the first part, DIGITS= the second, PUBLISHED=0 the third.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

run_bazel build //tools/datagen //tools/tokenize //bench:step
PATH=$PWD/bazel-bin/tools/datagen:$PWD/bazel-bin/tools/tokenize:$PWD/bazel-bin/bench:$PATH
read -ra widths <<<"${WIDTHS-48 64 128 256 512 1024}"
read -ra digits <<<"${DIGITS-4 20 50 109}"
read -ra digits_widths <<<"${DIGITS_WIDTHS-64 256}"
read -ra positions <<<"${POSITIONS-clipped recurrence fire}"
batch=${BATCH:-48}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make_data NAME DATAGEN_FLAGS...
make_data() {
  datagen --count=$((batch * 128)) --seed=1 "${@:2}" 2>/dev/null |
    tokenize --out="$work/$1.safetensors" 2>/dev/null
}

# point DATA FLAG...: a line.
point() {
  step --data="$work/$1.safetensors" --seconds="${POINT_SECONDS:-2}" --turns="${TURNS:-3}" --first_steps=1 \
    "${header[@]}" "${@:2}" --set train.batch_size="$batch" --set train.threads="${THREADS:-0}"
  header=()
}

# measure DATA WIDTH: a line for each of the positions.
measure() {
  local position fields
  for position in "${positions[@]}"; do
    case $position in
      clipped) fields=() ;;
      recurrence)
        fields=(--set model.attention.relative_clip=2 --set model.attention.shift_clip=2 --set model.attention.key_clip=2)
        ;;
      fire | rope | alibi) fields=(--set "model.attention.position=${position^^}" --set model.attention.relative_clip=0) ;;
      *) echo "POSITIONS: found $position, expected clipped, recurrence, fire, rope or alibi" >&2; exit 2 ;;
    esac
    point "$1" --set model.hidden_size="$2" "${fields[@]}"
  done
}

echo "$(machine); load $(cut -d' ' -f1 /proc/loadavg) before the start"
if ((${#widths[@]})); then
  make_data mixed --max_digits=20
  header=(--header)
  for width in "${widths[@]}"; do measure mixed "$width"; done
fi
header=(--header)
for count in "${digits[@]}"; do
  make_data "$count" --max_digits="$count" --exact
  for width in "${digits_widths[@]}"; do measure "$count" "$width"; done
done
if [[ ${PUBLISHED:-1} == 1 ]]; then
  [[ -e $work/mixed.safetensors ]] || make_data mixed --max_digits=20
  header=(--header)
  for run in recipes/paper/{add_*_1_16_*_emb_abacus_attn_emb_nope,add_*_1_16_*_attn_emb_fire,add_*_16_1_*_attn_emb_rope*,mul_*_fire_abacus}_*; do
    point mixed --config=recipes/paper/common.textproto --config="$run" --config=bench/published.textproto
  done
fi
