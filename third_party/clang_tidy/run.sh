#!/usr/bin/env bash
# Checks one source with clang-tidy; called by aspect.bzl. Findings are shown and are errors.
# usage: run.sh REPORT CONFIG SOURCE COMPILER_FLAG...
set -uo pipefail

report=$1 config=$2 source=$3
shift 3
if ! clang-tidy-14 --quiet --config-file="$config" "$source" -- "$@" >"$report" 2>"$report.log"; then
  grep -v ' warnings\? generated\.$' "$report" "$report.log" --no-filename >&2
  exit 1
fi
rm -f "$report.log"
