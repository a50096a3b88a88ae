#!/usr/bin/env bash
# Drives every fuzz target of tests/fuzz by libFuzzer, under AddressSanitizer and UBSan, one after the other on one core,
# and prints a line for each: executions, executions a second, edges of the code that were reached, at which execution
# the last new one was, and crashes.
# usage: scripts/fuzz.sh [SECONDS [TARGET...]]    // for each target; 60, all of tests/fuzz
#
# What was found stays in out/fuzz/TARGET: corpus, where the next call goes on, and crashes, the inputs that broke a law,
# took a minute, or asked for more memory than any reader needs. A crash becomes a test beside the code that it was
# in; out/fuzz/TARGET/log has its report. RUNS=N ends a target after N executions;
# MAX_LEN=BYTES, 4096 where it is not given, makes inputs shorter and executions faster.
#
# scripts/test.sh runs the same laws on the seeds and 2,000 changes of them (//tests/fuzz:all), which takes no clang.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

readonly SECONDS_EACH=${1:-60}
[[ $SECONDS_EACH =~ ^[0-9]+$ ]] || { echo "usage: scripts/fuzz.sh [SECONDS [TARGET...]]" >&2; exit 2; }
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(cd tests/fuzz && printf '%s\n' *_fuzzer.cc | sed 's/_fuzzer\.cc$//')
fi
for target in "${targets[@]}"; do
  [[ -f tests/fuzz/${target}_fuzzer.cc ]] || { echo "fuzz: no tests/fuzz/${target}_fuzzer.cc" >&2; exit 2; }
done

# What a target says of the last new edge: "EXECUTION EDGES" of the first line with the most edges.
last_growth() {
  sed -nE 's/^#([0-9]+)\s.* cov: ([0-9]+) .*/\1 \2/p' "$1" | awk '$2 > most { most = $2; at = $1 } END { print at + 0, most + 0 }'
}

# stat NAME LOG: a number of libFuzzer's last lines; 0 where it was killed before them.
stat() {
  local number
  number=$(sed -nE "s/^stat::$1: +//p" "$2")
  echo "${number:-0}"
}

# Half of AddressSanitizer's time goes into a quarantine of 256 MB, which no cache holds, and into long call stacks of
# each allocation. 16 MB still outlast what a reader frees in many executions.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=4

# fuzz TARGET BINARY: runs it and prints its line. Fails where it crashed.
fuzz() {
  local folder=out/fuzz/$1 status=0 at edges
  mkdir -p "$folder/seeds" "$folder/corpus" "$folder/crashes"
  "$2" --write_seeds="$folder"
  "$2" "$folder/corpus" "$folder/seeds" -dict="$folder/words.dict" -max_total_time="$SECONDS_EACH" \
    -runs="${RUNS:--1}" -max_len="${MAX_LEN:-4096}" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 \
    -malloc_limit_mb=160 -print_final_stats=1 -artifact_prefix="$folder/crashes/" >"$folder/log" 2>&1 || status=$?
  read -r at edges < <(last_growth "$folder/log")
  printf '%-18s %12d %12d %8d %12d %8d\n' "$1" "$(stat number_of_executed_units "$folder/log")" \
    "$(stat average_exec_per_sec "$folder/log")" "$edges" "$at" "$(find "$folder/crashes" -type f | wc -l)"
  return "$status"
}

labels=("${targets[@]/%/_fuzzer}")
run_bazel build --config=fuzz "${labels[@]/#///tests/fuzz:}"
binaries=$(bazel info --config=fuzz bazel-bin 2>/dev/null)/tests/fuzz
machine
printf '%-18s %12s %12s %8s %12s %8s\n' target executions a_second edges last_growth crashes
crashed=0
for target in "${targets[@]}"; do
  fuzz "$target" "$binaries/${target}_fuzzer" || crashed=$((crashed + 1))
done
((crashed == 0)) || { echo "fuzz: $crashed targets crashed; see out/fuzz/TARGET/log" >&2; exit 1; }
