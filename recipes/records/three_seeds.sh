#!/usr/bin/env bash
# One record with seeds 1, 2 and 3, or those of SEEDS, JOBS (1) at a time; of every line with an accuracy, the worst and
# the median of the seeds, and how many seeds fell short of nothing.
# usage: [SEEDS="1 2 3"] [JOBS=1] recipes/records/three_seeds.sh NAME FOLDER    logs in FOLDER/NAME.SEED.txt
set -euo pipefail
(($# == 2)) || { echo "$0: expected NAME and FOLDER" >&2 && exit 2; }
mkdir -p "$2"
read -ra seeds <<<"$(tr '\n' ' ' <<<"${SEEDS:-1 2 3}")"
# shellcheck disable=SC2016
printf '%s\n' "${seeds[@]}" | xargs -P "${JOBS:-1}" -I{} bash -c 'SEED=$3 "$1.sh" "$2.$3" </dev/null | tee "$2.$3.txt"' \
  - "$(dirname "$0")/$1" "$2/$1" {}
logs=("${seeds[@]/#/$2/$1.}")
logs=("${logs[@]/%/.txt}")
printf '\n%s, of %d seeds: exact answers of all cells, worst and median\n' "$1" "${#seeds[@]}"
sed -nE 's/^ *[0-9.]+ s  ([a-z0-9_]+): ([0-9]+) of ([0-9]+) exact.*/\1 \2 \3/p' "${logs[@]}" |
  sort -k 1,1 -k 2,2n | awk '
    { n[$1]++; got[$1, n[$1]] = $2; all[$1] = $3 }
    END { for (k in n) printf "%-20s worst %d, median %d, of %d\n", k, got[k, 1], got[k, int((n[k] + 1) / 2)], all[k] }' | sort
echo "$(cat "${logs[@]}" | grep -c 'fell short: nothing') of ${#seeds[@]} seeds fell short of nothing"
