#!/usr/bin/env bash
# Tally's tools by one name: `tally eval ...` runs the tool, where `eval` alone is a shell builtin. Installed as
# bin/tally beside the tools.
# usage: tally TOOL [ARGUMENT...]; tally --help lists the tools
set -euo pipefail
bin=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
readonly purposes=$bin/../share/tally/tools.txt # a line a tool: NAME - PURPOSE

manual() {
  echo 'tally - teach small transformers arithmetic and measure how far they stay right'
  printf '\nUsage: tally TOOL [ARGUMENT...]\n\nTools:\n'
  awk '{ name = $1; sub(/^[^ ]* - /, ""); printf "  %-10s %s\n", name, $0 }' "$purposes"
  printf '\ntally TOOL --help prints the flags of a tool, tally --version the version.\n'
}

tool=${1:-}
case $tool in
  --help) manual ;;
  --version) exec "$bin/datagen" --version | sed 's/^datagen/tally/' ;;
  '')
    manual >&2
    exit 2
    ;;
  *)
    names=$(awk '{ print $1 }' "$purposes")
    if ! grep -qxF -e "$tool" <<<"$names"; then
      echo "tally: found the word \"$tool\", expected a tool: ${names//$'\n'/, }" >&2
      exit 2
    fi
    shift
    exec "$bin/$tool" "$@"
    ;;
esac
