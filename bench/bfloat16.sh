#!/usr/bin/env bash
# What --precision=BF16 gains on this CPU: a training step in F32 and in BF16, in turns, lines as bench/step prints them.
#
# usage: bench/bfloat16.sh [HIDDEN...]    48 64 128 256 where none are given
# environment: TURNS (3), TURN_SECONDS (1.2), THREADS (2)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

widths=("$@")
((${#widths[@]})) || widths=(48 64 128 256)
threads=${THREADS:-2}
run_bazel build //tools/datagen //tools/tokenize //bench:step
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=$threads

echo "$(machine); load $(cut -d' ' -f1 /proc/loadavg) before the start"
equal_lines "$work/tokens.safetensors"
for width in "${widths[@]}"; do
  for ((turn = 0; turn < ${TURNS:-3}; ++turn)); do
    for precision in F32 BF16; do
      printf '%-5s' "$precision"
      bazel-bin/bench/step --data="$work/tokens.safetensors" --seconds="${TURN_SECONDS:-1.2}" --turns=3 \
        --set=train.threads="$threads" --set=model.hidden_size="$width" --set=train.precision="$precision"
    done
  done
done
