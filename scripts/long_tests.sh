#!/usr/bin/env bash
# Runs what takes too long for scripts/test.sh, one part after the other, with a line that says how far it is.
# usage: scripts/long_tests.sh [--list | PART...]    without names all parts, about a day of two cores
#
# out/long_tests/PART.log has what a part printed. The last line is the one of scripts/test.sh: N passed, N failed.
set -uo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# PART COMMAND, in the order in which they run: roughly the shortest first.
readonly PARTS='
logs          bazel test --test_tag_filters= //lib/runs:long_run_test
training      bazel test --test_tag_filters= //tests/tools:train_long_test
kills         bazel test --test_tag_filters= //tests/tools:resume_long_test
operators     bazel test --test_env=TALLY_FUZZ_ROUNDS=10000 --test_timeout=3600 //tests/fuzz:operators_test
threads       scripts/sanitize.sh threads
faults        scripts/faults.sh 1000
soak          scripts/soak.sh 60
promises      scripts/break_promises.py
reproducible  scripts/reproducible.sh
torch         scripts/sanitize.sh torch
fuzz          env RUNS=5000000 MAX_LEN=512 scripts/fuzz.sh 3600
'

# names: all parts.
names() { awk 'NF { print $1 }' <<<"$PARTS"; }

# command_of PART: empty where there is no such part.
command_of() { awk -v part="$1" '$1 == part { $1 = ""; print substr($0, 2) }' <<<"$PARTS"; }

if [[ ${1:-} == --list ]]; then
  sed '/^$/d' <<<"$PARTS"
  exit
fi
parts=("$@")
(($#)) || mapfile -t parts < <(names)
for part in "${parts[@]}"; do
  [[ -n $(command_of "$part") ]] || { echo "long_tests: no part $part, expected one of $(names | paste -sd ' ')" >&2; exit 2; }
done
scripts/bootstrap.sh || exit
mkdir -p out/long_tests

# show TEXT: the line that is written over, on a terminal alone.
show() { [[ ! -t 2 ]] || printf '\r\033[K%.*s' "${COLUMNS:-120}" "$1" >&2; }

# minutes SINCE: how long it has been, as MINUTES:SECONDS.
minutes() { printf '%d:%02d' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

trap 'trap - INT TERM; kill 0' INT TERM # the part that runs ends too
passed=0 failed=0
for part in "${parts[@]}"; do
  log=out/long_tests/$part.log started=$SECONDS
  read -ra command < <(command_of "$part")
  "${command[@]}" >"$log" 2>&1 </dev/null &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    show "$((passed + failed + 1)) of ${#parts[@]}  $part  $(minutes "$started")  $(tail -n 1 "$log" | tr -d '\r')"
    sleep 1
  done
  if wait "$job"; then verdict=passed passed=$((passed + 1)); else verdict=FAILED failed=$((failed + 1)); fi
  show ''
  printf '%d of %d  %-13s %s after %s, %s\n' $((passed + failed)) ${#parts[@]} "$part" "$verdict" "$(minutes "$started")" "$log"
done
echo "$passed passed, $failed failed"
((failed == 0))
