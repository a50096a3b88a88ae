#!/usr/bin/env bash
# How much faster eval scores a cell than the reference's way of decoding, at equal model, problems and threads (1).
#
#   1. A looped model of the reference's form is made (trained for STEPS steps), or MODEL is taken: a run, or a
#      checkpoint in the reference's layout, with post-norm layers, Abacus table and no FIRE or RoPE.
#   2. COUNT sums of two numbers of DIGITS digits are made.
#   3. eval scores them; reference_decoding.py decodes them as the reference does: all tokens anew for each answer
#      token, all recurrences, no cache, greedy, all problems in one batch, in PyTorch from PyPI.
#      Neither side's time has its start in it: that of eval is what it takes for the one problem 1+1.
#   4. Both must call equally many answers exact. With a deterministic initial state predict must give the same answers.
#
# The initial state of the model made here is zeros, so that both sides compute the same; the reference draws a random
# one at each step besides, which costs it more.
#
# usage: bench/versus_reference_decoding.sh    after scripts/demo.sh or scripts/test.sh has built the tools
# environment: MODEL, DIGITS (50), COUNT (100), HIDDEN (128), HEADS (4), RECURRENCES (16), STEPS (1)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"
for tool in datagen tokenize train eval predict; do PATH=$PWD/bazel-bin/tools/$tool:$PATH; done
digits=${DIGITS:-50} count=${COUNT:-100} recurrences=${RECURRENCES:-16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
python=$(bench/pytorch.sh)

model=${MODEL:-$work/run}
if [[ -z ${MODEL:-} ]]; then
  datagen --count=2000 --max_digits=3 | tokenize --out="$work/train.safetensors" 2>"$work/log"
  hidden=${HIDDEN:-128}
  train --data="$work/train.safetensors" --out="$model" --steps="${STEPS:-1}" --threads=1 \
    --set model.hidden_size="$hidden" --set model.recurrences="$recurrences" --set model.norm_scheme=POST \
    --set model.norm_epsilon=1e-12 --set model.intermediate_size=$((2 * hidden)) --set model.head=FFN \
    --set model.output_adapter=true --set model.initial_state=ZERO --set model.initialisation=DEEPNORM_STRAIGHT \
    --set model.positions.table=ABACUS --set model.attention.heads="${HEADS:-4}" \
    --set model.attention.relative_clip=0 --set model.attention.unit_norm=false \
    --set model.attention.log_position=false --set model.attention.logit_jitter=0 >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
fi
datagen --count="$count" --max_digits="$digits" --exact --seed=1 --out="$work/problems.txt" 2>/dev/null
sed 's/=.*/=/' "$work/problems.txt" >"$work/prompts.txt"

nanoseconds_of_eval() { # PROBLEMS: the best of three
  local start end best=
  for _ in 1 2 3; do
    rm -f "$work/cells.jsonl"
    start=$(date +%s%N)
    env eval --model="$model" --problems="$1" --cells_by=file --threads=1 --recurrences="$recurrences" \
      --out="$work/cells.jsonl" 2>/dev/null
    end=$(date +%s%N)
    ((${best:-end - start} < end - start)) || best=$((end - start))
  done
  echo "$best"
}

echo "$(machine); 1 thread on each side"
echo 1+1=2 >"$work/one.txt"
begun=$(nanoseconds_of_eval "$work/one.txt")
all=$(nanoseconds_of_eval "$work/problems.txt")
predict --model="$model" --in="$work/prompts.txt" --threads=1 --recurrences="$recurrences" \
  --max_tokens=$((digits + 2)) --out="$work/answers.txt" 2>/dev/null
checkpoint=$model
[[ -e $model/checkpoints/latest ]] && checkpoint=$model/checkpoints/latest
"$python" bench/reference_decoding.py "$checkpoint" "$work/problems.txt" "$work/answers.txt" "$work/cells.jsonl" \
  "$recurrences" "$all" "$begun"
