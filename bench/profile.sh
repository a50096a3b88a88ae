#!/usr/bin/env bash
# Where the time of the default recipe's training goes (recipes/addition_demo.sh): shares of perf's samples by kind of
# code, over some seconds in the middle of a run, data loading and logs included.
# usage: bench/profile.sh [SECONDS]    10 where none are given; needs Debian's perf (linux-perf)
# environment: HIDDEN (the recipe's width), THREADS (0: all cores)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

run_bazel build //tools/datagen //tools/tokenize //tools/train
for tool in datagen tokenize train; do PATH=$PWD/bazel-bin/tools/$tool:$PATH; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
width=()
[[ -z ${HIDDEN:-} ]] || width=(--set model.hidden_size="$HIDDEN")
datagen --count=100000 --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1 --seed=1 2>/dev/null |
  tokenize --out="$work/train.safetensors" 2>/dev/null
train --data="$work/train.safetensors" --out="$work/run" --minutes=5 --threads="${THREADS:-0}" "${width[@]}" \
  2>"$work/log" &
trainer=$!
trap 'kill "$trainer" 2>/dev/null; wait "$trainer" || true; rm -rf "$work"' EXIT
sleep 3
perf record --quiet --freq=999 --pid="$trainer" --output="$work/perf" -- sleep "${1:-10}" 2>>"$work/log" ||
  { cat "$work/log" >&2; exit 1; }
perf report --input="$work/perf" --no-children --stdio --field-separator='|' --sort=dso,symbol 2>/dev/null |
  awk -F'|' '
    /^#/ || NF < 3 { next }
    {
      kind = "dispatch, autograd and all else"
      if ($3 ~ /mkl_blas|mkl_sgemm|dnnl|gemm|gemv/) kind = "matrix products"
      else if ($3 ~ /tally::N_[A-Z0-9_]+::/) kind = "attention and GEGLU (lib/kernels)"
      else if ($3 ~ /LayerNorm|RowwiseMoments/) kind = "layer norms"
      else if ($3 ~ /at::native::.*(ernel|_loop|sum|norm|copy|index|vec|softmax|nll)/) kind = "other tensor operators"
      else if ($3 ~ /alloc|free|unlink_chunk|memset|memmove|memcpy|operator new/) kind = "memory: allocation, copies"
      else if ($2 ~ /kernel/) kind = "kernel: faults, waits"
      share[kind] += $1
    }
    END { for (kind in share) printf "%5.1f %%  %s\n", share[kind], kind }' | sort -rn
