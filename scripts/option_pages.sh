#!/usr/bin/env bash
# Writes the pages of docs/options from what the tools say about their options. Build the tools first.
#   scripts/option_pages.sh [FOLDER]      the pages go to FOLDER, else to docs/options
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/docs/options}
mkdir -p "$folder"
for tool in datagen tokenize train eval sort_eval predict plot; do
  "$root/bazel-bin/tools/$tool/$tool" --help=markdown >"$folder/$tool.md"
done
"$root/bazel-bin/tools/train/train" --help=configuration >"$folder/configuration.md"
