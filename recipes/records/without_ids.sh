#!/usr/bin/env bash
# Sums of 1..20 digits by models that are not told the weights of digits: with index hints, without anything, and in plain
# digit order, each under several ways to tell positions; beside them the default model, which has ids. One run a core.
# usage: [STEPS=12000] [SEED=1] [SAMPLES=100] [JOBS=2] recipes/records/without_ids.sh [FOLDER]    logs and cells in FOLDER
#        RUNS="hints:fire plain:rope" for some of them
#
#   fire, random_fire, rope   as in recipes/compare_positions.sh
#   fire_unit                 fire with the default model's attention: unit norm, log-length factor, jitter
#   ids                       the default model
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"
mkdir -p "$out"

# attention SCHEME: what its model has in place of the default.
attention() {
  local bare="relative_clip: 0 unit_norm: false logit_jitter: 0 log_position: false"
  case $1 in
    ids) ;;
    fire) echo "$bare position: FIRE" ;;
    random_fire) echo "$bare position: FIRE random_positions: 1024" ;;
    rope) echo "$bare position: ROPE" ;;
    fire_unit) echo "relative_clip: 0 position: FIRE" ;;
  esac
}

# form TEXT: the flags of datagen and tokenize for it.
form() {
  case $1 in
    hints) echo --index_hints ;;
    plain) echo --reverse=none ;;
  esac
}

# make TEXT: data.
make() {
  local flags=()
  read -ra flags <<<"$(form "$1")"
  [[ -e $out/$1.safetensors ]] ||
    datagen --count=1000000 --seed="$seed" --length_distribution=uniform --max_digits=20 --equal_lengths=.1 \
      --carry_chains=.1 "${flags[@]}" | tokenize "${flags[@]}" --out="$out/$1.safetensors"
}

# learn TEXT:SCHEME: a model, and its exact answers at equal lengths.
learn() {
  local run=$out/${1/:/.}
  mkdir -p "$run"
  printf 'model { attention { %s } }\n' "$(attention "${1#*:}")" >"$run/config.textproto"
  [[ -e $run/run ]] || train --data="$out/${1%:*}.safetensors" --out="$run/run" --config="$run/config.textproto" \
    --steps="${STEPS:-12000}" --minutes=0 --precision=AUTO --threads=1 --seed="$seed" 2>>"$run/log.txt"
  env "$scorer" --model="$run/run" --operands=2 --rows=5..30:5,40,50 --samples="${SAMPLES:-100}" --seed=$((seed + 1000)) --threads=1 \
    --out="$run/cells.jsonl" 2>>"$run/log.txt"
  printf '%-24s %s\n' "$1" "$(sed -nE 's/.*"exact":([0-9]+),.*/\1/p' "$run/cells.jsonl" | tr '\n' ' ')" >>"$out/exact.txt"
}

for text in reversed hints plain; do make "$text"; done
export -f attention learn
export out scorer seed PATH
: >"$out/exact.txt"
read -ra runs <<<"${RUNS:-$(echo reversed:ids {hints,reversed,plain}:{fire,random_fire,rope,fire_unit})}"
# shellcheck disable=SC2016
printf '%s\n' "${runs[@]}" |
  xargs -P "${JOBS:-$(nproc)}" -I{} bash -euo pipefail -c 'learn "$1"' - {}
printf 'exact of %s sums of two numbers of 5, 10, 15, 20, 25, 30, 40 and 50 digits\n' "${SAMPLES:-100}"
sort "$out/exact.txt"
