#!/usr/bin/env bash
# The commands of docs/tutorial.md run, with small budgets, and each of them prints something.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/../cluster/check.sh"
trap 'rm -rf "$work"' EXIT
for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
ln -s "$PWD"/{recipes,scripts} "$work"
tutorial=$PWD/docs/tutorial.md
cd "$work" || exit 1

export COUNT=400 MINUTES=.01 SAMPLES=1
expect_code 0 "$scripts/run_document.py" "$tutorial" new.md
# shellcheck disable=SC2016
expect_equal "$(grep -c '^```sh run$' new.md)" "$(grep -c '^```sh run$' "$tutorial")"
expect_match new.md '^5\+696=107$'
expect_match new.md '^321\+7654='
expect_equal "$(grep -A1 '^```text$' new.md | grep -c '^```$')" 0

# A command that fails is named, and the document stays.
# shellcheck disable=SC2016
printf '```sh run\nfalse\n```\n\n```text\nold\n```\n' >bad.md
expect_code 1 "$scripts/run_document.py" bad.md
expect_output '^ended with exit code 1'
expect_match bad.md '^old$'
finish
