#!/usr/bin/env bash
# Builds tools twice, from nothing, in two folders whose names differ in length, and compares the binaries byte by byte.
# usage: [BUILT=FOLDER] scripts/reproducible.sh [TOOL...]    without names all seven; takes as long as two cold builds
#
# BUILT, a clone of the same commit that has built the tools, takes the place of one of the two.
#
# Exit code 1 where a binary differs; sections that do are then listed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
tools=("$@")
(($#)) || tools=("${TALLY_TOOLS[@]}")
for tool in "${tools[@]}"; do
  [[ -e tools/$tool/BUILD ]] || { echo "$0: no tool $tool, expected one of ${TALLY_TOOLS[*]}" >&2 && exit 2; }
done
scripts/bootstrap.sh
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
folders=("$work/a" "$work/a_folder_with_a_longer_name")

# built FOLDER: takes the tools of that clone for those of the first folder.
built() {
  [[ $(git -C "$1" rev-parse HEAD) == $(git rev-parse HEAD) && -z $(git -C "$1" status --porcelain --untracked-files=no) ]] ||
    { echo "$0: $1 is not at the commit that is here, or has changes" >&2 && exit 2; }
  mkdir "${folders[0]}.tools"
  for tool in "${tools[@]}"; do cp "$1/bazel-bin/tools/$tool/$tool" "${folders[0]}.tools"; done
}

# build FOLDER: a clone of what is committed, built without any cache. The daemon ends with it.
build() {
  git clone --quiet . "$1"
  (
    cd "$1"
    bazel=(bazel "--output_base=$1.base")
    "${bazel[@]}" build --disk_cache= "${tools[@]/#/\/\/tools/}" >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2 && exit 1; }
    mkdir "$1.tools"
    for tool in "${tools[@]}"; do cp "bazel-bin/tools/$tool/$tool" "$1.tools"; done
    "${bazel[@]}" shutdown
  )
}

# sections BINARY: a line for each section of the binary: its name and a hash of its bytes.
sections() {
  local name
  objdump -h -w "$1" | awk '$1 ~ /^[0-9]+$/ && / CONTENTS/ { print $2 }' | while read -r name; do
    echo "$name $(objcopy -O binary --set-section-flags "$name=alloc" --only-section="$name" "$1" /dev/stdout | sha256sum)"
  done
}

if [[ -n ${BUILT:-} ]]; then built "$BUILT"; else build "${folders[0]}"; fi
build "${folders[1]}"
different=0
for tool in "${tools[@]}"; do
  if cmp --silent "${folders[0]}.tools/$tool" "${folders[1]}.tools/$tool"; then
    echo "same       $tool $(sha256sum <"${folders[0]}.tools/$tool" | cut -d' ' -f1)"
  else
    different=1
    echo "different  $tool $(diff <(sections "${folders[0]}.tools/$tool") <(sections "${folders[1]}.tools/$tool") |
      awk '/^</ { printf "%s ", $2 }')"
  fi
done
exit "$different"
