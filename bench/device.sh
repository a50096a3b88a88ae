#!/usr/bin/env bash
# Everything that needs a CUDA device: whether it computes what the CPU computes, how fast, and beside PyTorch.
#
#   pack        on a machine that builds: binaries of --config=cuda, what they link, and these scripts in one folder, whose
#               name is the last line printed; 20 MB
#   run OUT     in the packed folder, on a bare machine with a device, a driver and PyTorch 2.11 for CUDA 13.0: all checks
#               and measures in five minutes. OUT/log has everything; its end is a table, and a verdict for each goal.
#
#   1. The kernels against the CPU's operators (device_test).
#   2. 60 steps of training: on the CPU, on the device operator by operator, and as graphs. The last two must be equal
#      bytes, and so must a run that stops in between and resumes; the CPU's losses must agree.
#   3. Cells of eval on both.
#   4. The default recipe to 99 % of sums of 100 digits, three seeds; the published looped model; a grid.
#   5. Rates of steps, and PyTorch's best for the same step (bench/device_pytorch.py), which takes most of the time.
#   6. compute-sanitizer over three steps, NCCL with one rank.
#
# usage: bench/device.sh pack [FOLDER]      out/device where none is given
#        bench/device.sh run OUT [SECTION...]     check recipe looped grid tools rates
# environment: DEVICE=cpu rehearses `run` without a device; STEPS of the default recipe (3000)
set -euo pipefail

pack() {
  cd "$(dirname "$0")/.."
  # shellcheck source=scripts/lib.sh
  source scripts/lib.sh
  local folder=${1:-out/device} name
  local tools=(train eval datagen tokenize)
  run_bazel build --config=cuda "${tools[@]/#///tools/}" //bench:step //lib/kernels/cuda:device_test
  rm -rf "$folder"
  mkdir -p "$folder/bin" "$folder/lib"
  for name in "${tools[@]/#/bazel-bin/tools/}"; do
    strip -o "$folder/bin/${name##*/}" "$name/${name##*/}"
  done
  for name in bench/step lib/kernels/cuda/device_test; do strip -o "$folder/bin/${name##*/}" "bazel-bin/$name"; done
  # What Debian's packages give here, beside LibTorch and the C library.
  ldd "$folder"/bin/* | awk '/libhwy|libopenblas|libzstd/ && $3 != "" { print $3 }' | sort -u |
    while read -r name; do cp -L "$name" "$folder/lib/"; done
  cp bench/device.sh bench/device_pytorch.py bench/pytorch_model.py "$folder/"
  cp recipes/paper/common.textproto "$folder/paper_common.textproto"
  cp recipes/paper/add_*_depthrec_1_16_*_emb_abacus_attn_emb_nope_run_1.textproto "$folder/paper_looped.textproto"
  tar -C "$folder" -czf "$folder/programs.tar.gz" bin lib
  rm -r "${folder:?}/bin" "${folder:?}/lib"
  git rev-parse --short HEAD >"$folder/commit"
  du -sh "$folder" >&2
  echo "$folder"
}

# --- On the device ------------------------------------------------------------------------------------------------

section() { printf '\n== %s s: %s\n' "$(($(date +%s) - begun))" "$*"; }

# row NAME VALUE UNIT [GOAL]: a line of the table; a verdict where there is a goal to reach.
row() {
  awk -v name="$1" -v value="$2" -v unit="$3" -v goal="${4:-}" 'BEGIN {
    verdict = goal == "" ? "" : (value + 0 >= goal + 0 ? "reached" : "fell short of") " " goal
    printf "%s\t%s\t%s\t%s\n", name, value, unit, verdict }' >>"$out/table"
}
passed() { if "${@:2}"; then row "$1" 1 "yes or no" 1; else row "$1" 0 "yes or no" 1; fi; }

# trained NAME FLAGS...: a run in $work/NAME.
trained() {
  timeout 100 train --out="$work/$1" "${@:2}" >"$work/$1.log" 2>&1 || { tail -3 "$work/$1.log"; return 1; }
}
metric() { sed -nE "\$s/.*\"$2\":([-0-9.e+]+).*/\1/p" "$work/$1/metrics.jsonl"; }
# The median rate of a run's log lines but for the first, which sets the device up, and the last, which may be short.
median_rate() {
  sed -nE 's/.*"tokens_per_second":([0-9.e+]+).*/\1/p' "$work/$1/metrics.jsonl" | sed '1d;$d' | sort -g |
    awk '{ rates[NR] = $1 } END { print rates[int((NR + 1) / 2)] }'
}
weights() { echo "$work/$1/checkpoints/latest/model.safetensors"; }

data() {
  datagen --count=1000000 --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1 --seed=1 2>/dev/null |
    tokenize --out="$work/train.safetensors" 2>/dev/null
  # Of equal lengths, as 63 tokens: no padding on either side.
  datagen --count=300000 --exact --max_digits=20 --seed=1 2>/dev/null | awk 'length($0) == 63' |
    tokenize --out="$work/equal.safetensors" 2>/dev/null
}

check() {
  section kernels
  passed "kernels as on the CPU" timeout 100 device_test
  section training
  local few=("--data=$work/train.safetensors" --steps=60 --seed=3 --set train.log_every_steps=20
    --set train.schedule.decay_fraction=0 --threads=4)
  trained cpu "${few[@]}" --device=cpu
  trained plain "${few[@]}" --device="$device" --threads=1 --cuda_graphs=off
  trained graphs "${few[@]}" --device="$device" --threads=1
  trained half "${few[@]}" --device="$device" --threads=1 --steps=37
  trained half "${few[@]}" --device="$device" --threads=1 --resume
  tail -n 1 "$work"/{cpu,plain,graphs,half}/metrics.jsonl
  passed "graphs as operator by operator" cmp "$(weights plain)" "$(weights graphs)"
  passed "resumed as unbroken" cmp "$(weights half)" "$(weights graphs)"
  passed "loss after 60 steps as on the CPU" awk -v a="$(metric cpu loss)" -v b="$(metric graphs loss)" \
    'BEGIN { exit !((a - b) ^ 2 < (1e-3 * a) ^ 2) }'
  section precisions
  local precision
  for precision in TF32 BF16 FP16; do
    trained "few_$precision" "${few[@]}" --threads=1 --device="$device" --precision="$precision"
    echo "$precision $(metric "few_$precision" loss)"
  done
}

# rate NAME WIDTH BATCH PRECISION SECONDS: tokens a second of Tally's steps, in `rate`; then PyTorch's best, in `best`.
rate() {
  local plain=(--set train.schedule.warmup_steps=5 --set train.schedule.decay_fraction=0
    --set model.attention.logit_jitter=0 --set model.attention.far_key_bias_jitter=0
    --set "model.hidden_size=$2" --set "train.batch_size=$3" "--data=$work/equal.safetensors" --device="$device" --threads=1)
  local compile=()
  trained "$1" "${plain[@]}" --precision="$4" --minutes="$(awk -v s="$5" 'BEGIN { print s / 60 }')"
  rate=$(median_rate "$1")
  echo "Tally $1: $(tail -n 1 "$work/$1/metrics.jsonl")"
  trained "$1_start" "${plain[@]}" --steps=40
  step --data="$work/equal.safetensors" --batches_out="$work/$1.batches" --batches=8 --set train.batch_size="$3" \
    --set model.hidden_size="$2" >"$work/l" 2>&1 || tail -n 3 "$work/l"
  (($2 <= 64)) && compile=(compile)
  timeout 150 python3 "$here/device_pytorch.py" "$(weights "$1_start")" "$work/$1.batches" 1 "$4" "${compile[@]}" \
    >"$work/$1.pytorch" 2>"$work/l" || tail -n 5 "$work/l"
  cat "$work/$1.pytorch"
  best=$(awk -F '\t' '$1 == "pytorch" && $4 > best { best = $4 } END { print best + 0 }' "$work/$1.pytorch")
  row "steps: $1, Tally" "$rate" tokens/s
  row "steps: $1, best of PyTorch" "$best" tokens/s
  row "steps: $1, ratio" "$(awk -v a="$rate" -v b="$best" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }')" "" "$6"
}

rates() {
  section rates
  rate width_48_batch_48 48 48 F32 4 1.5
  rate width_256_F32 256 1024 F32 5 1.3
  rate width_256_TF32 256 1024 TF32 5 2
  rate width_256_BF16 256 1024 BF16 5 2
  rate width_1024_BF16 1024 1024 BF16 6 1
  local product
  product=$(python3 - <<'PYTHON'
import time, torch
a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
for _ in range(3): a @ b
torch.cuda.synchronize(); start = time.perf_counter()
for _ in range(20): a @ b
torch.cuda.synchronize(); print(20 * 2 * 8192**3 / (time.perf_counter() - start))
PYTHON
)
  row "a product of 8192 x 8192, BF16" "$product" FLOP/s
  # bench/useful_flop.h: three recurrences of one layer, forward and twice that backward, of all tokens but the last
  # recurrence's; the products of a step of 63 tokens, width H: about 3 (2.4 * 20 H^2) a token.
  row "width 1024, BF16: share of it" "$(awk -v r="$(median_rate width_1024_BF16)" -v p="$product" \
    'BEGIN { printf "%.3f", r * 3 * 2.4 * 20 * 1024 ^ 2 / p }')" "" .35
}

recipe() {
  section "the default recipe, seeds 1 to 3"
  local seed seconds
  for seed in 1 2 3; do
    trained "recipe_$seed" --data="$work/train.safetensors" --steps="${STEPS:-3000}" --seed="$seed" --device="$device" \
      --threads=1
    env eval --model="$work/recipe_$seed" --rows=20,100 --cols=20,100 --samples=200 --seed=7 --device="$device" \
      --out="$work/recipe_$seed.jsonl" 2>"$work/l" || tail -n 3 "$work/l"
    cat "$work/recipe_$seed.jsonl"
    seconds=$(metric "recipe_$seed" seconds)
    row "default recipe, seed $seed: training" "$seconds" s
    row "default recipe, seed $seed: 100 + 100 digits" \
      "$(sed -nE 's/.*"first_digits":100,"second_digits":100,.*"samples":([0-9]+),.*"exact":([0-9]+),.*/\2 \1/p' "$work/recipe_$seed.jsonl" |
        awk '{ print $1 / $2 }')" "" .99
  done
  env eval --model="$work/recipe_1" --rows=20,100 --cols=20,100 --samples=200 --seed=7 --device=cpu \
    --out="$work/cells_cpu.jsonl" 2>/dev/null
  passed "cells as on the CPU" cmp "$work/recipe_1.jsonl" "$work/cells_cpu.jsonl"
}

looped() {
  section "the published looped model"
  local size
  for size in 4096 2048; do
    # Steps draw their recurrences: a rate is that of all but the first, which sets the device up.
    trained "looped_$size" --data="$work/train.safetensors" --config="$here/paper_common.textproto" \
      --config="$here/paper_looped.textproto" --minutes=0 --steps=24 --device="$device" --threads=1 --precision=BF16 \
      --set train.log_every_steps=1 --set "train.microbatch_size=$size" \
      --set train.schedule.batch_ramp_fraction=0 && break
  done
  tail -n 2 "$work/looped_$size/metrics.jsonl"
  row "published looped model, BF16: microbatch" "$size" problems 4096
  row "published looped model, BF16" "$(python3 - "$work/looped_$size/metrics.jsonl" <<'PYTHON'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
times = [b["seconds"] - a["seconds"] for a, b in zip(lines, lines[1:])]
print(round(sum(t * b["tokens_per_second"] for t, b in zip(times, lines[1:])) / sum(times)))
PYTHON
)" tokens/s 550000
}

grid() {
  section "a grid, width 128"
  trained wide --data="$work/train.safetensors" --steps=600 --device="$device" --threads=1 --set model.hidden_size=128
  local start
  start=$(date +%s.%N)
  timeout 120 eval --model="$work/wide" --rows=1..100:11 --cols=1..100:11 --samples=100 --device="$device" \
    --out="$work/grid.jsonl" 2>&1 | tail -n 2
  # Cells are of every 11th length: 100 of 10,000.
  row "grid 1..100 by 1..100, 100 samples, from 100 of its cells" \
    "$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", 100 * (b - a) }')" s
}

tools() {
  section "compute-sanitizer, NCCL"
  local sanitizer
  sanitizer=$(command -v compute-sanitizer || find /usr/local -path '*/bin/compute-sanitizer' 2>/dev/null | head -n 1)
  if [[ $sanitizer ]]; then
    passed "compute-sanitizer over three steps" timeout 120 "$sanitizer" --error-exitcode=9 "$work/bin/train" \
      --data="$work/train.safetensors" --out="$work/sanitized" --steps=3 --device="$device" --threads=1
  fi
  WORLD_SIZE=1 RANK=0 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29511 trained nccl \
    --data="$work/train.safetensors" --steps=40 --device="$device" --threads=1 --dist_backend=nccl
  row "NCCL, one rank, loss after 40 steps" "$(metric nccl loss)" nats
}

run() {
  out=$1 device=${DEVICE:-cuda} here=$(cd "$(dirname "$0")" && pwd) begun=$(date +%s)
  shift
  mkdir -p "$out"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  exec > >(tee "$out/log") 2>&1
  tar -C "$work" -xzf "$here/programs.tar.gz"
  export PYTHONUNBUFFERED=1 PATH=$work/bin:$PATH
  if [[ $device == cuda ]]; then
    LD_LIBRARY_PATH=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')/lib:$work/lib
    export LD_LIBRARY_PATH
    python3 -c 'import torch; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda)'
  fi
  [[ $device == cuda ]] && nvidia-smi -L
  echo "$(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2); commit $(cat "$here/commit")"
  data
  local all=("$@") part
  ((${#all[@]})) || all=(check recipe looped grid tools rates)
  set +e  # what fails shows in the table, and the rest runs
  for part in "${all[@]}"; do "$part"; done
  section table
  awk -F '\t' '{ printf "%-58s %14s %-10s %s\n", $1, $2, $3, $4 }' "$out/table"
}

case ${1:-} in
  pack) pack "${@:2}" ;;
  run) run "${@:2}" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
