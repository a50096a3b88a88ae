#!/usr/bin/env bash
# The commands of docs/tour.md run, with small budgets.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/../cluster/check.sh"
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
ln -s "$PWD"/{recipes,scripts} "$work"
printf '#!/bin/sh\nexec env "$@"\n' >"$work/bin/tally" # what is installed knows the tools beside it
chmod +x "$work/bin/tally"
PATH=$work/bin:$PATH tour=$PWD/docs/tour.md
cd "$work" || exit 1

export COUNT=1000 STEPS=60 SAMPLES=2
expect_code 0 "$scripts/run_document.py" "$tour" new.md
for file in runs/{tuned/initial_weights.txt,first/overrides.txt} sets.png matrix.csv errors.png attention.png data.png \
  report.html table.md exported/modeling_tally.py; do
  [[ -s $file ]] || fail "$file is missing"
done
expect_equal "$(wc -l <answers.jsonl)" 6
expect_match runs/first/overrides.txt longer.safetensors
finish
