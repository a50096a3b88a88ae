#!/usr/bin/env bash
# Whether a training step has become slower beside PyTorch: the ratios that bench/versus_pytorch.sh finds now against
# those last recorded for a processor of the same name, docs/records/step/ratios.txt. By hand, on a machine where nothing
# else runs: it takes some minutes, and ratios vary by a few percent.
#
# usage: bench/gate.sh [HIDDEN...]              widths, those of versus_pytorch.sh where none are given
#        MEASURED=FILE bench/gate.sh            judges what versus_pytorch.sh printed into FILE
#        RECORD=1 bench/gate.sh [HIDDEN...]     appends what it measures to the record, as the last of this processor
# environment: SHARE (0.9): a ratio below this share of the recorded one is too small; what versus_pytorch.sh reads
# Exit code 0: no ratio is too small. 1: some are, and are named. 2: there is nothing to compare.
set -euo pipefail
measured=${MEASURED:+$(realpath "$MEASURED")}
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

record=docs/records/step/ratios.txt
if [[ -z $measured ]]; then
  measured=$(mktemp)
  trap 'rm -f "$measured"' EXIT
  bench/versus_pytorch.sh "$@" | tee "$measured"
fi
if [[ ${RECORD:-0} == 1 ]]; then
  { git log -1 --format='commit: %h'; cat "$measured"; } >>"$record"
  exit
fi

# Of each file the last block of a processor is read: a line `machine: N cores, NAME; ...`, then ratios until the next one.
awk -v share="${SHARE:-0.9}" '
  function note(key, number) {
    if (file == 2 && !((file, of, key) in ratio)) order[++n] = key
    ratio[file, of, key] = number
  }
  function processor(line) { sub(/^machine: [0-9]+ cores, /, "", line); sub(/;.*/, "", line); return line }
  FNR == 1 { ++file }
  /^machine: / {
    of = processor($0)
    if (file == 2) { name = of; n = 0 }
    for (key in ratio) if (index(key, file SUBSEP of SUBSEP) == 1) delete ratio[key]
  }
  match($0, /Tally is [0-9.]+ times as fast/) {
    other = "width " $1 " against " $3 " in " $2 ": Tally in "
    note(other "F32", substr($0, RSTART + 9) + 0)
    if (match($0, /in BF16 [0-9.]+$/)) note(other "BF16", substr($0, RSTART + 8) + 0)
  }
  END {
    for (i = 1; i <= n; ++i) {
      now = ratio[2, name, order[i]]
      if (!((1, name, order[i]) in ratio)) continue
      before = ratio[1, name, order[i]]
      ++judged
      slow = now < share * before
      slower += slow
      printf "%s %.2f, recorded %.2f%s\n", order[i], now, before, slow ? ", too small" : ""
    }
    if (!n) { print "gate: found no ratios that were measured"; exit 2 }
    if (!judged) { print "gate: no ratio of these is recorded for " name; exit 2 }
    if (slower) { print "gate: " slower " of " judged " ratios are below " share " of those recorded"; exit 1 }
    print "gate: all " judged " ratios are at least " share " of those recorded"
  }' "$record" "$measured"
