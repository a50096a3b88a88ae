#!/usr/bin/env bash
# Names the C++ files that are not as clang-format writes them; with --fix, rewrites them.
# usage: scripts/check_format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -d '' -t files < <(find . -type d \( -name '.?*' -o -path ./runs -o -path ./out \) -prune -o \
  -type f \( -name '*.cc' -o -name '*.cu' -o -name '*.h' \) -print0)
if [[ ${1:-} == --fix ]]; then
  clang-format-14 --style=file -i "${files[@]}"
elif ! clang-format-14 --style=file --dry-run --Werror "${files[@]}" 2>/dev/null; then
  for file in "${files[@]}"; do
    clang-format-14 --style=file "$file" | cmp --silent - "$file" || echo "$file: not as clang-format writes it"
  done
  echo "scripts/check_format.sh --fix rewrites these files" >&2
  exit 1
fi
