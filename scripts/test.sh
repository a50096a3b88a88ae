#!/usr/bin/env bash
# Checks everything, and ends with one line: N passed, N failed. Each Bazel test and each other stage counts once.
# usage: scripts/test.sh [BAZEL_TARGET_PATTERN]    //... where none is given
#
#   1. format, shell scripts and documents   2. clang-tidy over the torch-free libraries and tools   3. the CUDA binaries
#   link   4. tools and benchmarks   5. all tests   6. the torch-free tests under ASan and UBSan   7. those of them that
#   are tagged `threads` under ThreadSanitizer
#
# The CUDA binaries come before the tests because they share nearly all object files with the CPU ones, which stand in
# bazel-bin in the end.
set -uo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

readonly PATTERN=${1:-//...}
readonly CUDA=(//tools/train //tools/eval //tools/sort_eval //tools/predict //lib/kernels/cuda:device_test)
passed=0 failed=0
summary=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# record STAGE STARTED PASSED FAILED: adds a stage to the totals and to the table printed at the end.
record() {
  passed=$((passed + $3)) failed=$((failed + $4))
  summary+=$(printf '%-12s %5d s  %4d passed, %d failed' "$1" $((SECONDS - $2)) "$3" "$4")$'\n'
}

# check STAGE COMMAND...: a stage that passes or fails as a whole.
check() {
  local stage=$1 started=$SECONDS
  shift
  echo "== $stage"
  if "$@"; then record "$stage" "$started" 1 0; else record "$stage" "$started" 0 1; fi
}

# run_tests STAGE FLAGS_AND_TARGETS...: counts Bazel's test targets; one that does not build has failed.
run_tests() {
  local stage=$1 started=$SECONDS events=$work/$1.json status=0 good total
  shift
  echo "== $stage"
  run_bazel test --build_tests_only --keep_going --build_event_json_file="$events" "$@" || status=$?
  good=$(grep -c '"overallStatus":"PASSED"' "$events")
  total=$(grep -c '"testSize":' "$events")
  # Something else went wrong, or there was no test at all.
  if ((total == good && (status != 0 || total == 0))); then total=$((total + 1)); fi
  record "$stage" "$started" "$good" $((total - good))
}

# targets EXPRESSION: those of the targets that are not tagged `manual`, which a pattern leaves out and a query does not.
targets() {
  run_bazel query --noshow_progress "($1) except attr(tags, '\bmanual\b', $PATTERN)"
}

# torch_free EXPRESSION: those of them that do not reach LibTorch, which is not built for sanitizers and takes
# clang-tidy half a minute a file.
torch_free() {
  targets "($1) except rdeps($PATTERN, @libtorch//:libtorch)"
}

# clang_tidy: its findings are errors.
clang_tidy() {
  torch_free "kind('cc_(library|binary) rule', $PATTERN)" >"$work/tidy" || return
  [[ -s $work/tidy ]] || return 0
  run_bazel build --config=tidy --keep_going --target_pattern_file="$work/tidy"
}

# Tools and benchmarks; libraries that tests and binaries reach are built with them, and once only.
binaries() {
  targets "kind('cc_binary rule', $PATTERN)" >"$work/binaries" || return
  [[ -s $work/binaries ]] || return 0
  run_bazel build --keep_going --target_pattern_file="$work/binaries"
}

# Not where a container keeps more random bits in addresses than ThreadSanitizer knows (third_party/thread_sanitizer).
threads_can_be_watched() {
  setarch --addr-no-randomize true 2>/dev/null || (($(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28) <= 28))
}

scripts/bootstrap.sh || exit
check format scripts/check_format.sh
check shell scripts/check_shell.sh
check docs scripts/check_docs.py
check tidy clang_tidy
check cuda run_bazel build --config=cuda "${CUDA[@]}"
root=()
if ((EUID != 0)); then
  root=("--test_tag_filters=-manual,-root")
  summary+='SKIPPED: tests that start a Slurm of their own, which needs root'$'\n'
fi
check binaries binaries
run_tests tests "${root[@]}" "$PATTERN"
torch_free "tests($PATTERN)" >"$work/torch_free" || : >"$work/torch_free"
run_tests sanitizers --config=sanitize --target_pattern_file="$work/torch_free"
torch_free "attr(tags, '\bthreads\b', tests($PATTERN))" >"$work/threads" || : >"$work/threads"
if ! threads_can_be_watched; then
  summary+='SKIPPED: tests under ThreadSanitizer: addresses have more than 28 random bits here'$'\n'
elif [[ -s $work/threads ]]; then
  echo //third_party/thread_sanitizer:absl_mutex_test >>"$work/threads" # `manual`: it is for this configuration alone
  run_tests threads --config=tsan --test_tag_filters= --target_pattern_file="$work/threads"
fi

printf '\n%s' "$summary"
echo "$passed passed, $failed failed"
((failed == 0))
