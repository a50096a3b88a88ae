#!/usr/bin/env bash
# Draws every picture of cases.txt and compares it, byte for byte, with the one in golden/.
# usage: bazel test //tests/plots:golden_test; after a wanted change: bazel run //tests/plots:golden_test -- --update
# and look at each picture that changed.
set -euo pipefail
tests=$PWD/tests/plots plot=$PWD/tools/plot/plot
golden=$tests/golden
[[ ${1:-} == --update ]] && golden=$BUILD_WORKSPACE_DIRECTORY/tests/plots/golden
work=${TEST_TMPDIR:-$(mktemp -d)}
failed=0 count=0

cp -rL "$tests/data" "$work/data"
cd "$work/data"
# Row n, column m: percent right of n + m digits.
awk '{ for (m = 1; m <= NF; ++m) printf "{\"task\":\"addition\",\"problems\":\"\",\"first_digits\":%d,"\
  "\"second_digits\":%d,\"samples\":100,\"exact\":%d,\"tokens\":0,\"tokens_right\":0,\"model\":\"runs/a\","\
  "\"step\":20000,\"recurrences\":3,\"seed\":0,\"trained_first_max\":20,\"trained_second_max\":20}\n",
  NR, m, $m }' grid_100.txt >grid_100.jsonl
while read -r name arguments; do
  [[ $name == \#* ]] && continue
  count=$((count + 1))
  case $name in
    *.txt) eval "'$plot' $arguments" >"$work/$name" ;;
    *) eval "'$plot' $arguments" "--out='$work/$name'" ;;
  esac
  if [[ ${1:-} == --update ]]; then
    cp "$work/$name" "$golden/$name"
  elif ! cmp "$work/$name" "$golden/$name"; then
    echo "$name differs from golden/$name: plot $arguments"
    [[ -n ${TEST_UNDECLARED_OUTPUTS_DIR:-} ]] && cp "$work/$name" "$TEST_UNDECLARED_OUTPUTS_DIR"
    failed=1
  fi
done <"$tests/cases.txt"
echo "$count pictures"
((count > 0 && failed == 0))
