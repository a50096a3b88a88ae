#!/usr/bin/env bash
# Writes the pages of docs/options from what the tools say about their options. Build the tools first.
#   scripts/option_pages.sh [FOLDER]      the pages go to FOLDER, else to docs/options
set -euo pipefail
folder=$(realpath -m -- "${1:-$(dirname "$0")/../docs/options}")
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
mkdir -p "$folder"
for tool in "${TALLY_TOOLS[@]}"; do
  "bazel-bin/tools/$tool/$tool" --help=markdown >"$folder/$tool.md"
done
bazel-bin/tools/train/train --help=configuration >"$folder/configuration.md"
