#!/usr/bin/env bash
# Start-up times of the tools: milliseconds for `TOOL --help`, the mean of 50 starts, and the ratio to /bin/true.
# usage: bench/startup.sh    after scripts/demo.sh or scripts/test.sh has built the tools
set -euo pipefail
cd "$(dirname "$0")/.."

milliseconds() { # COMMAND...
  local start end
  start=$(date +%s%N)
  for _ in {1..50}; do "$@" >/dev/null; done
  end=$(date +%s%N)
  echo $(((end - start) / 50000))
}

base=$(milliseconds "$(type -P true)")
printf '%-10s %8s %8s  %s\n' tool ms ratio "links LibTorch"
for tool in datagen tokenize plot train eval sort_eval predict; do
  binary=$(find -L bazel-bin/tools -maxdepth 2 -name "$tool" -type f -perm -u+x)
  torch=$(ldd "$binary" | grep -c libtorch || true)
  micro=$(milliseconds "$binary" --help)
  awk -v tool="$tool" -v micro="$micro" -v base="$base" -v torch="$torch" \
    'BEGIN { printf "%-10s %8.1f %8.1f  %s\n", tool, micro / 1000, micro / base, torch ? "yes" : "no" }'
done
