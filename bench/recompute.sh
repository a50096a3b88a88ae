#!/usr/bin/env bash
# What train.recompute saves and costs: peak memory and time of a training step of the paper's looped model, 16
# recurrences of one layer of width 1024, the last 8 with gradient, on sums of 1..20 digits.
#
# A line for each setting, from a process of its own: peak resident memory, how much of it is above that of one problem a
# step, seconds a step (the fastest of STEPS - 1), and the loss of the last step, which must be the same in each.
#
# usage: bench/recompute.sh
# environment: WIDTH (1024), BATCH (64), STEPS (3), THREADS (0: all cores)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

run_bazel build //tools/datagen //tools/tokenize //tools/train
PATH=$PWD/bazel-bin/tools/datagen:$PWD/bazel-bin/tools/tokenize:$PWD/bazel-bin/tools/train:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

config=(recipes/paper/add_bucket_*_depthrec_1_16_*_abacus_attn_emb_nope_run_1.textproto)
datagen --count=20000 --max_digits=20 --seed=1 2>/dev/null | tokenize --out="$work/data.safetensors" 2>/dev/null

# steps NAME BATCH RECOMPUTE: trains, and sets `peak` (MiB), `seconds` (a step) and `loss`.
steps() {
  train --config="${config[0]}" --data="$work/data.safetensors" --out="$work/$1" --steps="${STEPS:-3}" \
    --threads="${THREADS:-0}" --seed=1 --set model.hidden_size="${WIDTH:-1024}" --set train.batch_size="$2" \
    --set train.microbatch_size=0 --set train.loss.progressive_alpha=0 --set train.log_every_steps=1 \
    --set train.recompute="$3" 2>"$work/$1.log" ||
    { cat "$work/$1.log" >&2 && exit 1; }
  peak=$(sed -nE 's/.*peak memory ([0-9]+) MiB.*/\1/p' "$work/$1.log")
  read -r seconds loss < <(python3 - "$work/$1/metrics.jsonl" <<'EOF'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
print(min(b["seconds"] - a["seconds"] for a, b in zip(lines, lines[1:])), lines[-1]["loss"])
EOF
  )
}

echo "$(machine); load $(cut -d' ' -f1 /proc/loadavg) before the start"
printf '%-14s %10s %14s %14s %12s\n' recompute peak_MiB of_activations seconds_a_step loss
steps one 1 NO_RECOMPUTE
alone=$peak
for recompute in NO_RECOMPUTE LAYER RECURRENCE; do
  steps "$recompute" "${BATCH:-64}" "$recompute"
  printf '%-14s %10d %14d %14.2f %12.8f\n' "$recompute" "$peak" $((peak - alone)) "$seconds" "$loss"
done
