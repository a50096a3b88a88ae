#!/usr/bin/env bash
# Names the C++ files that are not as clang-format writes them; with --fix, rewrites them.
# usage: scripts/check_format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -d '' -t files < <(find lib tools tests bench \( -name '*.cc' -o -name '*.h' -o -name '*.cu' \) -print0)
if [[ ${1:-} == --fix ]]; then
  clang-format-14 --style=file -i "${files[@]}"
  exit
fi
report=$(clang-format-14 --style=file --dry-run --Werror "${files[@]}" 2>&1) && exit
grep -v -e '-Wclang-format-violations' -e '^  ' -e '^ *^$' <<<"$report" >&2 || true
sed -n 's/^\([^:]*\):.*-Wclang-format-violations.*/\1/p' <<<"$report" | sort -u
echo "not formatted: the files above; scripts/check_format.sh --fix rewrites them" >&2
exit 1
