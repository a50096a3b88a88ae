#!/usr/bin/env bash
# Sums of 100 digits from right answers of at most DIGITS (10): from then on the model labels longer sums itself, and is trained on
# what it agrees with itself about, round by round, without an oracle (after arXiv 2502.01612).
# usage: [DIGITS=10] [ROUNDS="14 20 28 40 56 75 100"] recipes/self_improvement.sh [FOLDER]    common.sh says what else
#
#   1. Sums of 1..DIGITS digits with their right answers; STEPS (1500) steps on them.
#   2. A round N: LABELLED (600) sums of lengths up to N, without answers. The model answers each three times, its Abacus
#      offset being 5, 15 and 25. A line stays where the three agree and the answer is as long as its longer operand, or
#      one digit longer.
#   3. ROUND_STEPS (400) steps more of the same run on the right sums and on the lines of all rounds: --change_data.
#
# The default model extrapolates that far by itself (docs/records). This one loses its way at 20 digits: its attention has
# neither log-length factor nor jitter, and a table of digit positions, Abacus. At the end, for each
# round: how many lines stayed, how many of them are right (datagen knows, the model was not told), and the exact
# answers over length after it, beside those of a run of as many steps on the right sums alone.
set -euo pipefail
set -- cpu "${1:-out/self_improvement}"
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"
out=$folder_given
read -ra rounds <<<"${ROUNDS:-14 20 28 40 56 75 100}"

# label N FIRST: what the model answers to sums of FIRST..N digits, voted on, in labelled.N.txt.
label() {
  say "Round $1: the model answers sums of $2..$1 digits"
  job "problems_$1" datagen --count="${LABELLED:-600}" --min_digits="$2" --max_digits="$1" --min_digits_second="$2" \
    --length_distribution=uniform --equal_lengths=.3 --seed=$((seed + $1)) --out="$out/problems.$1.txt"
  sed 's/=.*/=/' "$out/problems.$1.txt" >"$out/questions.$1.txt"
  job "answers_$1" JOB=0:2 predict --model="$out/run" --offset=JOB5 --threads=1 --in="$out/questions.$1.txt" \
    --out="$out/answers.$1.JOB.txt"
  paste -d' ' "$out/answers.$1".{0,1,2}.txt | awk -F'[+= ]' '
    $3 "" == $6 "" && $3 "" == $9 "" {  # as text, as numbers they would be rounded
      longer = length($1) > length($2) ? length($1) : length($2)
      if (length($3) == longer || length($3) == longer + 1) print $1 "+" $2 "=" $3
    }' >"$out/labelled.$1.txt"
  [[ -s $out/labelled.$1.txt ]] || { echo "$0: the model agrees with itself about no sum of $2..$1 digits" >&2 && exit 1; }
  job "tokenize_$1" tokenize --nocheck_answers --in="$out/labelled.$1.txt" --out="$out/labelled.$1.safetensors"
}

# learn N STEPS FLAG...: the run up to step STEPS, and its exact answers over length after round N.
learn() {
  job "train_$1" train --config="$out/model.textproto" --data="$out/tokens.safetensors" "${@:3}" --out="$out/run" --resume \
    --steps="$2" --seed="$seed"
  measure "$1" run
}

# measure NAME RUN: exact answers over length.
measure() {
  job "eval_$1" eval --model="$out/$2" --rows=10,20,30,45,65,80,100 --operands=2 --samples="${SAMPLES:-100}" \
    --seed=$((seed + 1000)) --out="$out/cells.$1.jsonl"
}

mkdir -p "$out"
cat >"$out/model.textproto" <<'END'
model {
  layers: 1 recurrences: 3
  positions { table: ABACUS table_rows: 512 max_offset: 100 offset_per_sample: true test_offset: 5 }
  attention { log_position: false logit_jitter: 0 }
}
END
count=${COUNT:-300000} steps=${STEPS:-1500} first=${DIGITS:-10} data=() lines=("$first=$out/cells.$first.jsonl")
make_data addition --max_digits="$first" --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1
learn "$first" "$steps"
for n in "${rounds[@]}"; do
  label "$n" "$first"
  data+=(--data="$out/labelled.$n.safetensors") first=$n steps=$((steps + ${ROUND_STEPS:-400}))
  learn "$n" "$steps" "${data[@]}" --change_data
  lines+=("$n=$out/cells.$n.jsonl")
done

say "For comparison: as many steps on the right sums alone"
job train_alone train --config="$out/model.textproto" --data="$out/tokens.safetensors" --out="$out/alone" --resume \
  --steps="$steps" --seed="$seed"
measure alone alone
lines+=("alone=$out/cells.alone.jsonl")

say "Lines that stayed, and those of them that are right"
for n in "${rounds[@]}"; do
  printf 'round %3s: %s of %s, right: %s\n' "$n" "$(wc -l <"$out/labelled.$n.txt")" "$(wc -l <"$out/questions.$n.txt")" \
    "$(sort "$out/labelled.$n.txt" | comm -12 - <(sort "$out/problems.$n.txt") | wc -l)"
done
title="Sums that the model labels itself: exact answers after each round"
for kind in png svg; do plot lengths "${lines[@]}" --out="$out/rounds.$kind" --title="$title"; done
plot lengths "${lines[@]}"
