#!/usr/bin/env bash
# Prints how much faster ranks of one thread each train than one such process, on the same global batch.
# usage: bench/scaling.sh [RANKS...]    1 2 where none are given
#
# Every count of ranks trains the same model for the same steps; tokens/s is the median of the logged windows but the
# first. efficiency = tokens/s of k ranks / (k * tokens/s of one).
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

readonly STEPS=${STEPS:-60}
counts=("$@")
((${#counts[@]})) || counts=(1 2)
run_bazel build //tools/datagen //tools/tokenize //tools/train
PATH=$PWD/bazel-bin/tools/datagen:$PWD/bazel-bin/tools/tokenize:$PWD/bazel-bin/tools/train:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
datagen --count=20000 --max_digits=20 --seed=1 | tokenize --out="$work/tokens.safetensors"

# run_ranks K: trains with K ranks into $work/K.
run_ranks() {
  local size=$1 rank pids=() port=$((20000 + RANDOM % 12000))
  for ((rank = 0; rank < size; rank++)); do
    RANK=$rank WORLD_SIZE=$size LOCAL_RANK=$rank MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      train --data="$work/tokens.safetensors" --out="$work/$size" --steps="$STEPS" --threads=1 --device=cpu \
      --set train.batch_size=48 --set train.log_every_steps=5 2>"$work/log.$size.$rank" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || { cat "$work"/log."$size".*; exit 1; }
  done
}

# median_speed FOLDER: tokens/s.
median_speed() {
  tail -n +2 "$1/metrics.jsonl" | sed -E 's/.*"tokens_per_second":([^,}]*).*/\1/' | sort -g |
    awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

echo "ranks  tokens/s  efficiency"
one=
for count in "${counts[@]}"; do
  run_ranks "$count"
  speed=$(median_speed "$work/$count")
  one=${one:-$(awk -v s="$speed" -v k="$count" 'BEGIN { print s / k }')}
  awk -v k="$count" -v s="$speed" -v one="$one" 'BEGIN { printf "%5d %9.0f %10.0f %%\n", k, s, 100 * s / (k * one) }'
done
