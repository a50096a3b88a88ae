#!/usr/bin/env bash
# How much faster Tally takes a training step than PyTorch (plain eager, and torch.compile): the same model, parameters,
# batches, optimizer and number of threads; each in float32 and in bfloat16, PyTorch by its autocast.
#
#   For each width:
#   1. 40 steps of `train` make a model of the default recipe, without jitter, on sums of two numbers of 20 digits. They
#      warm up quickly: a fresh model's block adds next to nothing, and its losses would hardly tell what it computes.
#   2. bench/step writes its first batches; versus_pytorch.py loads both. Each starts from the same parameters with an
#      optimizer that remembers nothing.
#   3. The losses of the first 10 steps must be Tally's in float32 to 1e-5, those in bfloat16 to 0.02; else the exit code
#      is 1. Eager PyTorch is tried with scaled_dot_product_attention and with matrix products and softmax; the faster
#      one goes on. (The bias is learned: for a mask with a gradient PyTorch has no fused kernel on CPUs, and composes the
#      same operators.)
#   4. Turns: Tally, eager, compiled, all in bfloat16, Tally, ... Medians of tokens/s and their ratios. Start-up,
#      compilation and first steps are in no turn.
#
# usage: bench/versus_pytorch.sh [HIDDEN...]    48 64 128 256 where none are given
# environment: TURNS (5), TURN_SECONDS (0.6; at least one step), THREADS (2)
# Compiled code stays in PyTorch's own cache: the first run on a machine takes longer.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

widths=("$@")
((${#widths[@]})) || widths=(48 64 128 256)
threads=${THREADS:-2}
run_bazel build //tools/datagen //tools/tokenize //tools/train //bench:step
PATH=$PWD/bazel-bin/tools/train:$PATH
python=$(bench/pytorch.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=$threads

echo "$(machine); $threads threads on each side; load $(cut -d' ' -f1 /proc/loadavg) before the start"
equal_lines "$work/tokens.safetensors"
for width in "${widths[@]}"; do
  train --data="$work/tokens.safetensors" --out="$work/$width" --steps=40 --threads="$threads" \
    --set train.schedule.warmup_steps=5 --set train.schedule.decay_fraction=0 \
    --set model.hidden_size="$width" --set model.attention.logit_jitter=0 --set model.attention.far_key_bias_jitter=0 \
    >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  bazel-bin/bench/step --data="$work/tokens.safetensors" --batches_out="$work/batches.safetensors"
  "$python" bench/versus_pytorch.py bazel-bin/bench/step "$work/$width" "$work/tokens.safetensors" \
    "$work/batches.safetensors" "$threads" "${TURNS:-5}" "${TURN_SECONDS:-0.6}" 2> >(grep -v 'No CUDA runtime' >&2)
done
