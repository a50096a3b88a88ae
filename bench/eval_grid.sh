#!/usr/bin/env bash
# What the grid of 1..100 by 1..100 digits costs, 100 sums a cell (about 155 M tokens), at width 128 and one block
# looped 3 times: tokens, seconds and tokens/s of one shard of SHARDS (the middle one; all have equal predicted costs),
# and from that the minutes for all; the same with --interval=.05; and the ratio of scoring to a plain forward pass over
# the same tokens.
#
# usage: bench/eval_grid.sh [SHARDS [MODEL]]    after `bazel build //bench:scoring //tools/...`; SHARDS=1: all of it
# With MODEL, a run, its accuracy decides what --interval saves; without, a model that was trained for one step is used,
# which is wrong everywhere.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"
for tool in datagen tokenize train eval; do PATH=$PWD/bazel-bin/tools/$tool:$PATH; done
shards=${1:-100} model=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ -z $model ]]; then
  model=$work/run
  datagen --count=1000 --max_digits=3 2>/dev/null | tokenize --out="$work/train.safetensors" 2>/dev/null
  train --data="$work/train.safetensors" --out="$model" --steps=1 --set model.hidden_size=128 >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
fi

grid() { # NAME FLAGS...
  local start end
  start=$(date +%s%N)
  env eval --model="$model" --rows=1..100 --cols=1..100 --samples=100 --shard="$((shards / 2))/$shards" "${@:2}" \
    --out="$work/cells.jsonl" 2>/dev/null
  end=$(date +%s%N)
  python3 - "$work/cells.jsonl" "$1" "$shards" "$((end - start))" <<'PYTHON'
import json, sys

cells = [json.loads(line) for line in open(sys.argv[1])]
shards, seconds = int(sys.argv[3]), int(sys.argv[4]) / 1e9
# A line's inputs are its operands, `+`, `=` and its answer; EOS is an answer token, but no input.
tokens = sum(c["samples"] * (c["first_digits"] + c["second_digits"] + 1) + c["tokens"] for c in cells)
print(f"{sys.argv[2]}: {len(cells)} cells, {sum(c['samples'] for c in cells)} sums, {tokens} tokens, {seconds:.1f} s, "
      f"{tokens / seconds:.0f} tokens/s; all {shards} shards at this rate: {seconds * shards / 60:.1f} minutes")
PYTHON
  rm "$work/cells.jsonl"
}

machine
grid "100 sums a cell"
grid "--interval=.05 " --interval=.05
bazel-bin/bench/scoring 307
