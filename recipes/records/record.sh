# shellcheck shell=bash
# Sourced by the records beside it. Each is one command, `[SEED=1] recipes/records/NAME.sh [NEW_FOLDER]`: data, training
# from scratch, accuracies. The clock runs from the start of the process. The tools are those on PATH, else those in
# bazel-bin. With an existing FOLDER, which holds a run, only its accuracies are measured. COUNT of problems, MINUTES of
# training and SAMPLES a cell take the place of the record's own, flags of TRAIN are added to those of train.

scorer='eval' # or sort_eval
name=$(basename "$0" .sh) root=$(cd "$(dirname "$0")/../.." && pwd)
for folder in "$root"/bazel-bin/tools/*/; do PATH=$PATH:$folder; done
seed=${SEED:-1} out=${1:-out/records/$name.$seed} short=

# say TEXT: a line with the seconds since the start.
say() { printf '%6.1f s  %s\n' "$(bc <<<"$(date +%s.%N) - $began")" "$1"; }

# begin: what is run, where.
begin() {
  began=$(date +%s.%N)
  printf '%s, seed %s\n%s\n%s, %s cores\n' "$name" "$seed" "$(train --version | head -1)" \
    "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(nproc)"
}

# teach COUNT MINUTES DATAGEN_FLAGS [TRAIN_FLAGS [TOKENIZE_FLAGS]]: data and training; flags are words of one string.
teach() {
  local words=() made=() told=()
  [[ ! -e $out/run ]] || return 0
  mkdir -p "$out"
  read -ra made <<<"$3"
  read -ra words <<<"${4:-} ${TRAIN:-}"
  read -ra told <<<"${5:-}"
  datagen --count="${COUNT:-$1}" --seed="$seed" --length_distribution=uniform "${made[@]}" "${told[@]}" |
    tokenize "${told[@]}" --out="$out/tokens.safetensors" 2>>"$out/log.txt"
  say "${COUNT:-$1} problems: ${made[*]} ${told[*]}"
  train --data="$out/tokens.safetensors" --out="$out/run" --minutes="${MINUTES:-$2}" --seed="$seed" "${words[@]}" 2>>"$out/log.txt"
  say "trained: $(tail -n 1 "$out/run/metrics.jsonl" | cut -d, -f 1,3,5)"
}

# measure NAME MIN FLAGS_OF_SCORER...: exact answers, the worst cell, and how many of the problems were trained on; below
# MIN counts as short.
measure() {
  local status=0 more=()
  [[ ! -e $out/tokens.safetensors ]] || more=(--overlap_with="$out/tokens.safetensors")
  [[ -z ${SAMPLES:-} || " ${*:3}" == *' --problems='* ]] || more+=(--samples="$SAMPLES")
  env "$scorer" --model="$out/run" --seed=$((seed + 1000)) --out="$out/$1.jsonl" --min_exact="$2" "${@:3}" "${more[@]}" \
    2>"$out/$1.txt" ||
    status=$?
  if ((status > 1)); then cat "$out/$1.txt" >&2 && exit "$status"; fi
  if ((status == 1)); then short+=" $1"; fi
  say "$1: $(sed -nE 's/.*"samples":([0-9]+),.*"exact":([0-9]+),(.*"in_training":([0-9]+),)?.*/\2 \1 \4/p' \
    "$out/$1.jsonl" | awk '
    { exact += $1; all += $2; known += $3; looked_up += NF == 3; share = $1 / $2; if (NR == 1 || share < worst) worst = share }
    END {
      printf "%d of %d exact, %d cells, the worst %.1f %%", exact, all, NR, 100 * worst
      if (looked_up) printf ", %d of the problems in the training data", known
    }')"
}

# adversarial DIGITS COUNT: carries from the lowest to the highest weight: a + (10^DIGITS - a), 9..9 + 1 and 1 + 9..9.
adversarial() {
  local nines
  nines=$(printf '9%.0s' $(seq "$1"))
  datagen --count=$((2 * $2)) --exact --max_digits="$1" --seed=$((seed + 2000)) | cut -d + -f 1 |
    awk '!/^0|9$/ {
      b = 10 - substr($0, 1, 1)
      for (i = 2; i <= length; ++i) b = b 9 - substr($0, i, 1)
      print $0 "+" b "="
    }' | head -n "$2" >"$out/carries_$1.problems" || true
  printf '%s+1=\n1+%s=\n' "$nines" "$nines" >>"$out/carries_$1.problems"
  measure "carries_$1" .99 --problems="$out/carries_$1.problems" --cells_by=file
}

# long_sums NAME DIGITS SAMPLES CARRIES: two numbers of this many digits, CARRIES sums with carries over all of them, and
# either number beside one of 3 digits.
long_sums() {
  measure "$1" .99 --rows="$2" --cols="$2" --samples="$3"
  adversarial "$2" "$4"
  measure long_and_short .99 --rows="$2" --cols=3 --samples=100
  measure short_and_long .99 --rows=3 --cols="$2" --samples=100
}

finish() {
  say "fell short:${short:- nothing}"
}
