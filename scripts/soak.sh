#!/usr/bin/env bash
# Trains a small model on one core for a while, and checks that memory and open files stay as they were after a minute.
# usage: scripts/soak.sh [MINUTES]    60 where none are given; a line a minute says how it goes
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

readonly MINUTES=${1:-60}
run_bazel build //tools/datagen //tools/tokenize //tools/train
for tool in datagen tokenize train; do PATH=$PWD/bazel-bin/tools/$tool:$PATH; done
work=$(mktemp -d)
pid=
trap 'kill "$pid" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

datagen --count=20000 --max_digits=6 | tokenize --out="$work/tokens.safetensors"
datagen --count=100 --max_digits=6 --seed=2 | tokenize --out="$work/held_out.safetensors"
# What a long run does, often: lines, evaluations, checkpoints and their removal.
train --data="$work/tokens.safetensors" --out="$work/run" --minutes=$((MINUTES + 10)) --threads=1 --keep_last=2 \
  --set model.hidden_size=32 --set model.attention.heads=2 --set train.batch_size=16 --set train.log_every_steps=1 \
  --set train.validation_data="$work/held_out.safetensors" --set train.eval_every_steps=500 \
  --set train.save_every_steps=500 --set train.ema_decay=0.99 2>"$work/log" &
pid=$!

# memory_kb, open_files: of the training. A file that is saved just now is open for a moment, so the fewest within two
# seconds count.
memory_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; }
open_files() {
  for _ in {1..20}; do
    find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l
    sleep 0.1
  done | sort -n | head -n 1
}

first_memory=0 first_files=0 highest=0
for ((minute = 1; minute <= MINUTES; ++minute)); do
  sleep 60
  kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  memory=$(memory_kb) files=$(open_files)
  if ((minute == 1)); then first_memory=$memory first_files=$files; fi
  if ((memory > highest)); then highest=$memory; fi
  echo "minute $minute of $MINUTES: $memory kB, $files open files, step $(wc -l <"$work/run/metrics.jsonl")"
  ((files == first_files)) || { echo "open files: found $files, expected $first_files" >&2; exit 1; }
done
awk -v first="$first_memory" -v highest="$highest" 'BEGIN {
  printf "memory after a minute %d kB, highest %d kB: %+.2f %%\n", first, highest, 100 * (highest / first - 1)
  exit highest > 1.01 * first }'
