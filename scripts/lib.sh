# shellcheck shell=bash
# Sourced by the scripts beside it: moves to the repository's root and defines what they share.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 70

# Bazel and the LibTorch cache live below HOME, which a bare container may not have.
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
mkdir -p "$HOME"

# In the order in which a problem meets them.
# shellcheck disable=SC2034
readonly TALLY_TOOLS=(datagen tokenize train eval sort_eval predict plot)

# Lines on standard error that say nothing about the build. (Bazel's own filter would take the logs of failed tests too.)
BAZEL_CHATTER='^Extracting Bazel installation|^Starting local Bazel server|^OpenJDK .* VM warning'
BAZEL_CHATTER+='|^INFO: (Analyzed|Found|Elapsed time|[0-9]+ process|Build |From Testing|Invocation ID)|^Loading: '
readonly BAZEL_CHATTER+='|^/.*/(libtorch|python)-[0-9a-f]{16}$' # what third_party/fetch_*.sh answer

# What a measurement runs on.
machine() {
  echo "machine: $(getconf _NPROCESSORS_ONLN) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
}

# equal_lines FILE: a data set of sums of two 20-digit numbers, all of 63 tokens, so that no batch has padding.
equal_lines() {
  bazel-bin/tools/datagen/datagen --count=30000 --exact --max_digits=20 --seed=1 2>/dev/null |
    awk 'length($0) == 63' | bazel-bin/tools/tokenize/tokenize --out="$1" 2>/dev/null
}

# Runs Bazel without its chatter; the exit status is Bazel's.
run_bazel() {
  local status=0
  { bazel "$@" 2>&1 >&3 3>&- | sed -u -E "\#$BAZEL_CHATTER#d" >&2 3>&-; status=${PIPESTATUS[0]}; } 3>&1
  return "$status"
}
