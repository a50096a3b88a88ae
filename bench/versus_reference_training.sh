#!/usr/bin/env bash
# The reference's own code and Tally train one small looped model: the same initial weights, problems, order, steps and
# settings, one thread each, in float32. Curves of both in one picture, processor time of each, and how both do on new
# problems.
#
#   1. datagen makes STEPS * BATCH sums of two numbers of 1 to DIGITS digits.
#   2. reference_training.py trains with the reference's model, loss, engine, optimizer and schedule, and stores the
#      weights that it began with, which are the same for each seed.
#   3. train begins with these weights, with recipes/paper's configuration at the same size, and takes the same problems
#      in the same order.
#   4. Both once more with the same random numbers: initial states of zeros, the offsets and recurrences that Tally
#      draws. Then nothing differs but rounding.
#   5. eval measures all on the same new problems: the reference's checkpoints are opened as they are.
#
# What differs in step 3, between both and between seeds, are random numbers: initial states, Abacus offsets, and the
# recurrences that a step trains.
#
# usage: bench/versus_reference_training.sh REFERENCE OUT    REFERENCE: a checkout of mcleish7/arithmetic; OUT: a new
#   folder for data, checkpoints, metrics, cells and training.png
# environment: SEEDS (3) of each, STEPS (4000), BATCH (64), DIGITS (3), HIDDEN (64), RECURRENCES (4), RATE (0.002);
#   TALLY_PYTHON: a Python with torch, numpy, safetensors, transformers 4.40.2, omegaconf, hydra-core, einops, datasets,
#   psutil, pynvml and termcolor
set -euo pipefail
(($# == 2)) || { echo "usage: bench/versus_reference_training.sh REFERENCE OUT" >&2 && exit 2; }
reference=$(realpath -m "$1") out=$(realpath -m "$2")
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"
[[ -d $reference/cramming ]] || { echo "$0: $reference: no folder cramming, expected the reference" >&2 && exit 66; }
[[ ! -e $out ]] || { echo "$0: $out is there already, expected a new folder" >&2 && exit 73; }
for tool in datagen tokenize train eval plot; do PATH=$PWD/bazel-bin/tools/$tool:$PATH; done
seeds=$(seq "${SEEDS:-3}") steps=${STEPS:-4000} batch=${BATCH:-64} digits=${DIGITS:-3} hidden=${HIDDEN:-64}
recurrences=${RECURRENCES:-4} rate=${RATE:-0.002} heads=4
python=$(bench/pytorch.sh)
mkdir -p "$out"
export OMP_NUM_THREADS=1

# processor_seconds LOG COMMAND...: user and system time of a command.
processor_seconds() {
  local TIMEFORMAT='%U %S'
  { time "${@:2}" >"$1" 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

datagen --count=$((steps * batch)) --max_digits="$digits" --seed=1 --out="$out/problems.txt"
tokenize --in="$out/problems.txt" --out="$out/tokens.safetensors"

# train_reference OUT SEED own|tally OVERRIDE...: trains with the reference's code.
train_reference() {
  mkdir "$1"
  "$python" bench/reference_training.py "$reference" "$out/problems.txt" "$1" "$steps" "$batch" "$2" "$3" \
    wandb=none base_dir="$out" impl.compile_torch=False impl.microbatch_size="$batch" train.batch_size="$batch" \
    train.batch_size_ramp=0 train.steps="$steps" train.scheduler=polynomial-decay train.optim.lr="$rate" \
    arch.layers_in_recurrent_block=1 arch.maximal_recurrence="$recurrences" arch.hidden_size="$hidden" \
    arch.intermed_size=$((2 * hidden)) arch.attention.num_attention_heads="$heads" arch.mask_before_equals=True \
    arch.embedding.pos_embedding=abacus data.sources.arithmetic.tokenizer_type=pad "${@:4}" >"$1/log.txt" 2>&1
}

published=(recipes/paper/add_*_depthrec_1_16_*_emb_abacus_attn_emb_nope_run_1.textproto)
# train_tally OUT SEED FLAG...: trains with Tally.
train_tally() {
  train --out="$1" --seed="$2" --data="$out/tokens.safetensors" --init_from="$out/reference_1/start" \
    --config=recipes/paper/common.textproto --config="${published[0]}" --threads=1 --minutes=0 --steps="$steps" \
    --set train.data_order=SEQUENTIAL --set train.batch_size="$batch" --set train.microbatch_size=0 \
    --set train.schedule.batch_ramp_fraction=0 --set train.schedule.kind=POLYNOMIAL \
    --set train.optimizer.learning_rate="$rate" --set model.hidden_size="$hidden" \
    --set model.intermediate_size=$((2 * hidden)) --set model.attention.heads="$heads" \
    --set model.recurrences="$recurrences" --set model.backprop_recurrences=$((recurrences / 2)) "${@:3}"
}

for seed in $seeds; do train_reference "$out/reference_$seed" "$seed" own; done
seconds=
for seed in $seeds; do
  seconds+=" $(processor_seconds "$out/log_$seed.txt" train_tally "$out/tally_$seed" "$seed")"
done
train_reference "$out/same_reference" 1 tally arch.state_init=zero
train_tally "$out/same_tally" 1 --set model.initial_state=ZERO --set train.log_every_steps=1 2>"$out/log_same.txt"

theirs=("$out"/reference_*/metrics.jsonl) ours=("$out"/tally_*/metrics.jsonl)
plot training "${theirs[@]/#/reference=}" "${ours[@]/#/Tally=}" --out="$out/training.png" --width=1500 \
  --title="One looped model, $steps steps: the reference's code and Tally"
for seed in $seeds; do
  for model in "reference_$seed/end" "tally_$seed"; do
    env eval --model="$out/$model" --rows="1..$digits" --cols="1..$digits" --samples=500 --seed=1 --threads=1 \
      --out="$out/${model%%/*}.jsonl" 2>/dev/null
  done
done

echo "$(machine); one thread on each side"
python3 - "$out" "$steps" "$seconds" <<'PYTHON'
import json
import statistics
import sys

out, steps, seconds = sys.argv[1], int(sys.argv[2]), [float(word) for word in sys.argv[3].split()]


def lines(path):
    return [json.loads(line) for line in open(f"{out}/{path}")]


def run_of(name):
    """Loss and exact share of the last tenth of training, and the exact share of new problems."""
    run = lines(f"{name}/metrics.jsonl")
    tenth = run[-len(run) // 10:]
    cells = lines(f"{name}.jsonl")
    right, asked = (sum(cell[key] for cell in cells) for key in ("exact", "samples"))
    return *(statistics.mean(line[key] for line in tenth) for key in ("loss", "exact")), right / asked


# Its first line pays for torch.compile.
reference = lines("reference_1/metrics.jsonl")
theirs = (reference[-1]["seconds"] - reference[0]["seconds"]) / (reference[-1]["step"] - reference[0]["step"])
ours = statistics.median(seconds) / steps
print(f"processor time a step: reference {1e3 * theirs:.1f} ms, Tally {1e3 * ours:.1f} ms (median), "
      f"{theirs / ours:.1f} times")
for side in "reference", "tally":
    runs = [run_of(f"{side}_{seed + 1}") for seed in range(len(seconds))]
    for name, values in zip(("loss", "exact", "new problems exact"), zip(*runs)):
        print(f"{side}: {name}: mean {statistics.mean(values):.3f}, " + " ".join(f"{value:.3f}" for value in values))

same = [[line["loss"] for line in lines(f"same_{side}/metrics.jsonl")] for side in ("reference", "tally")]
apart = [abs(first - second) for first, second in zip(*same)]
for tolerance in 1e-5, 1e-4, 1e-3, 1e-2:
    print(f"same random numbers: losses within {tolerance:g} for the first "
          f"{next((step for step, far in enumerate(apart) if far > tolerance), len(apart))} steps")
tenth = len(apart) // 10
print("same random numbers: loss of the last tenth: reference "
      + ", Tally ".join(f"{statistics.mean(losses[-tenth:]):.3f}" for losses in same))
PYTHON
