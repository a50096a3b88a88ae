#!/usr/bin/env bash
# How much faster Tally takes a training step than PyTorch (plain eager, and torch.compile): the same model, parameters,
# batches, optimizer and number of threads; each in float32 and in bfloat16, PyTorch by its autocast.
#
#   For each width, and for `published`, the published looped model for addition at an eighth of its width
#   (bench/published.textproto):
#   1. 40 steps of `train` make a model, that of a width by the default recipe without jitter, on sums of two numbers of 20
#      digits. They warm up quickly: a fresh model's block adds next to nothing, and its losses would hardly tell what it
#      computes.
#   2. bench/step writes its first batches; versus_pytorch.py loads both. Each starts from the same parameters with an
#      optimizer that remembers nothing.
#   3. The losses of the first 10 steps must be Tally's in float32 to 1e-5, those in bfloat16 to 0.02; else the exit code
#      is 1. PyTorch is tried with scaled_dot_product_attention and with matrix products and softmax; the faster one goes
#      on. (The default recipe's bias is learned: for a mask with a gradient PyTorch has no fused kernel on CPUs, and
#      composes the same operators.)
#   4. Turns: Tally, eager, compiled, all in bfloat16, Tally, ... Medians of tokens/s and their ratios. Start-up,
#      compilation and first steps are in no turn.
#
# usage: bench/versus_pytorch.sh [HIDDEN|published...]    48 64 128 256 published where none are given
# environment: TURNS (5), TURN_SECONDS (0.6; at least one step), THREADS (2)
# Compiled code stays in PyTorch's own cache: the first run on a machine takes longer.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

rows=("$@")
((${#rows[@]})) || rows=(48 64 128 256 published)
published=(recipes/paper/common.textproto recipes/paper/add_*_depthrec_1_16_*_emb_abacus_attn_emb_nope_run_1.textproto
  bench/published.textproto)
threads=${THREADS:-2}
run_bazel build //tools/datagen //tools/tokenize //tools/train //bench:step
PATH=$PWD/bazel-bin/tools/train:$PATH
python=$(bench/pytorch.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=$threads

echo "$(machine); $threads threads on each side; load $(cut -d' ' -f1 /proc/loadavg) before the start"
equal_lines "$work/tokens.safetensors"
for row in "${rows[@]}"; do
  if [[ $row == published ]]; then
    model=() recipe=("${published[@]/#/--config=}")
  else
    model=(hidden_size="$row" attention.logit_jitter=0 attention.far_key_bias_jitter=0) recipe=()
  fi
  train --data="$work/tokens.safetensors" --out="$work/$row" --steps=40 --minutes=0 --threads="$threads" "${recipe[@]}" \
    --set train.schedule.warmup_steps=5 --set train.schedule.decay_fraction=0 "${model[@]/#/--set=model.}" \
    >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  bazel-bin/bench/step --data="$work/tokens.safetensors" "${recipe[@]}" --batches_out="$work/batches.safetensors"
  "$python" bench/versus_pytorch.py "$row" bazel-bin/bench/step "$work/$row" "$work/tokens.safetensors" \
    "$work/batches.safetensors" "$threads" "${TURNS:-5}" "${TURN_SECONDS:-0.6}" "${recipe[@]}" \
    2> >(grep -v 'No CUDA runtime' >&2)
done
