#!/usr/bin/env bash
# PyTorch's torchrun starts two ranks of train; of three ranks one that is killed ends the others.
#
# Manual, as it needs a Python with torch:
#   python3 -m venv VENV && VENV/bin/pip install torch
#   bazel test --test_tag_filters= //tests/interop:torchrun_test --test_env=TALLY_TORCHRUN=VENV/bin/torchrun
set -euo pipefail

readonly TORCHRUN=${TALLY_TORCHRUN:?expected the path of torchrun}
PATH=$PWD/tools/datagen:$PWD/tools/tokenize:$PWD/tools/train:$PATH
cd "$TEST_TMPDIR"

fail() {
  echo "torchrun_test: $1" >&2
  exit 1
}

# on_ranks N OUT STEPS: becomes torchrun.
on_ranks() {
  exec "$TORCHRUN" --no-python --nproc-per-node="$1" --master-port=$((20000 + RANDOM % 12000)) \
    train --data=tokens.safetensors --out="$2" --steps="$3" --threads=1 --device=cpu --set model.hidden_size=16 \
    --set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=1
}

datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=tokens.safetensors
(on_ranks 2 two 20) 2>two.log || fail "$(cat two.log)"
grep -q '2 ranks' two.log || fail "$(cat two.log)"
[[ $(wc -l <two/metrics.jsonl) == 20 ]] || fail "expected 20 lines of metrics"

on_ranks 3 three 100000 2>three.log &
launcher=$!
until [[ -e three/metrics.jsonl && $(wc -l <three/metrics.jsonl) -ge 5 ]]; do sleep 0.1; done
pkill -KILL -n -P "$launcher" train
wait "$launcher" && fail "expected torchrun to fail"
grep -q 'has gone' three.log || fail "$(cat three.log)"
echo "torchrun started ranks, and ended them"
