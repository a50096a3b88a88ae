#!/usr/bin/env bash
# How fast the random states of looped models are drawn, beside one number after another: nanoseconds a number and the
# ratio, the best of five turns, for states as they come ("normal") and standardised ("unit"), under each set of
# instructions that this machine has, in one thread and in two. "thread": the same by the processor time of the calling
# thread, which other load on the machine does not change.
# usage: bench/random_states.sh
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

benchmark=lib/kernels/normal_draw/token_states_benchmark
run_bazel build "//${benchmark%/*}:${benchmark##*/}"
echo "$(machine); load $(cut -d' ' -f1 /proc/loadavg) before the start"
"bazel-bin/$benchmark" --benchmark_format=csv --benchmark_repetitions=5 --benchmark_min_time=0.1 2>/dev/null |
  awk -F'"?,"?|"' '
    /\/real_time"/ && !/_(mean|median|stddev|cv)"/ {
      split($2, part, "/")  # states, instructions, threads
      name = part[1] " " part[2] " " substr(part[3], 9)
      if (!(name in wall)) order[++names] = name
      if (!(name in wall) || $4 < wall[name]) wall[name] = $4
      if (!(name in thread) || $5 < thread[name]) thread[name] = $5
    }
    END {
      numbers = 32 * 63 * 1024  # of a call
      printf "%-8s %-13s %7s %8s %7s %8s %7s\n", "states", "instructions", "threads", "ns", "ratio", "thread", "ratio"
      for (i = 1; i <= names; ++i) {
        split(order[i], part, " ")
        plain = part[1] " plain 1"
        printf "%-8s %-13s %7d %8.2f %7.1f %8.2f %7.1f\n", part[1], part[2], part[3], wall[order[i]] / numbers,
          wall[plain] / wall[order[i]], thread[order[i]] / numbers, thread[plain] / thread[order[i]]
      }
    }'
