#!/usr/bin/env bash
# One record with seeds 1, 2 and 3; of every line with an accuracy, the worst and the median of the three.
# usage: recipes/records/three_seeds.sh NAME FOLDER    logs in FOLDER/NAME.SEED.txt
set -euo pipefail
(($# == 2)) || { echo "$0: expected NAME and FOLDER" >&2 && exit 2; }
mkdir -p "$2"
for seed in 1 2 3; do
  SEED=$seed "$(dirname "$0")/$1.sh" "$2/$1.$seed" | tee "$2/$1.$seed.txt"
done
printf '\n%s, of three seeds: exact answers of all cells, worst and median\n' "$1"
sed -nE 's/^ *[0-9.]+ s  ([a-z0-9_]+): ([0-9]+) of ([0-9]+) exact.*/\1 \2 \3/p' "$2/$1".[123].txt |
  sort -k 1,1 -k 2,2n | awk '
    { n[$1]++; got[$1, n[$1]] = $2; all[$1] = $3 }
    END { for (k in n) printf "%-20s worst %d, median %d, of %d\n", k, got[k, 1], got[k, 2], all[k] }' | sort
