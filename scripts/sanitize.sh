#!/usr/bin/env bash
# The sanitizers' long runs, which scripts/test.sh leaves out.
# usage: scripts/sanitize.sh threads|torch [BAZEL_TARGET_PATTERN...]    //lib/... where none is given
#
#   threads   all tests without LibTorch under ThreadSanitizer
#   torch     all tests with LibTorch under AddressSanitizer; LibTorch itself is as it comes, but what it allocates is
#             watched, and so is every access of Tally's own code to it
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' scripts/sanitize.sh >&2
  exit 2
}

[[ ${1:-} == threads || ${1:-} == torch ]] || usage
kind=$1
shift
patterns=("$@")
((${#patterns[@]})) || patterns=(//lib/...)
printf -v asked ' + %s' "${patterns[@]}"
tests="kind('cc_test rule', tests(${asked:3}))"
with_torch="rdeps(//..., @libtorch//:libtorch)"
manual="attr(tags, '\bmanual\b', //...)"
flags=(--build_tests_only --keep_going --show_progress --progress_report_interval=30)
list=$(mktemp)
trap 'rm -f "$list"' EXIT
if [[ $kind == threads ]]; then
  run_bazel query --noshow_progress "$tests except $with_torch except $manual" >"$list"
  run_bazel test --config=tsan "${flags[@]}" --target_pattern_file="$list"
else
  run_bazel query --noshow_progress "($tests intersect $with_torch) except $manual" >"$list"
  run_bazel test --config=asan "${flags[@]}" --test_timeout=600,1200,3600,7200 --target_pattern_file="$list"
fi
