#!/usr/bin/env bash
# How fast data is made: lines/s and MB/s of datagen for each task, of datagen | tokenize, and the ratios to writing the
# same bytes with cat and, where a checkout of the reference is given, to its generators on one core.
# usage: bench/data.sh [CHECKOUT]    after scripts/demo.sh or scripts/test.sh has built the tools
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/bazel-bin/tools/datagen:$PWD/bazel-bin/tools/tokenize:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

seconds() { # COMMAND: the best of three
  local start end best=
  for _ in 1 2 3; do
    start=$(date +%s%N)
    bash -c "$1" 2>/dev/null
    end=$(date +%s%N)
    ((${best:-end - start} < end - start)) || best=$((end - start))
  done
  awk -v ns="$best" 'BEGIN { printf "%.3f", ns / 1e9 }'
}

declare -A reference
if (($#)); then
  while read -r task rate; do reference[$task]=$rate; done < <(python3 bench/reference_data.py "$1")
fi

row() { # NAME TASK LINES FLAGS...
  local name=$1 task=$2 lines=$3 bytes made copied
  datagen --task="$task" --count="$lines" "${@:4}" --out="$work/lines.txt" 2>/dev/null
  bytes=$(stat -c %s "$work/lines.txt")
  made=$(seconds "datagen --task=$task --count=$lines ${*:4} >/dev/null")
  copied=$(seconds "cat $work/lines.txt >/dev/null")
  awk -v name="$name" -v n="$lines" -v bytes="$bytes" -v made="$made" -v copied="$copied" \
    -v reference="${reference[$task]:-0}" 'BEGIN {
      printf "%-26s %8.2f %8.0f %12.1f", name, n / made / 1e6, bytes / made / 1e6, made / copied
      if (reference) printf " %16.0f", n / made / reference
      print "" }'
}

printf '%-26s %8s %8s %12s %16s\n' task "M lines/s" MB/s "times cat" "times reference"
row "addition 1..20" addition 5000000 --max_digits=20
row "subtraction 1..20" subtraction 5000000 --max_digits=20
row "multiplication 1..20" multiplication 1000000 --max_digits=20
row "sorting 10 x 10" sorting 1000000 --max_digits=10 --max_digits_second=10
row "bitwise OR 1..100" bitwise_or 300000 --max_digits=100
pipe=$(seconds "datagen --count=5000000 | tokenize --out=$work/t.safetensors")
awk -v s="$pipe" 'BEGIN { printf "datagen | tokenize, addition 1..20: %.2f M lines/s\n", 5 / s }'
