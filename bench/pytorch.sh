#!/usr/bin/env bash
# Prints a Python interpreter that has PyTorch, of LibTorch's version, numpy and safetensors: that of a virtual
# environment of its own, made where it is not there yet (some GB, once for this machine), or TALLY_PYTHON.
set -euo pipefail

if [[ -n ${TALLY_PYTHON:-} ]]; then
  echo "$TALLY_PYTHON"
  exit
fi
third_party=$(cd "$(dirname "$(readlink -f "$0")")/../third_party" && pwd)
pinned() { grep -ohE "^$1==[^ ]+" "$third_party"/{libtorch,python}_requirements.txt; }
packages=("$(pinned torch)" "$(pinned numpy)" "$(pinned safetensors)")
cache=${TALLY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tally}
root=$cache/pytorch-$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-16)

if [[ ! -e $root/whole ]]; then
  echo "Installing ${packages[*]} into $root" >&2
  rm -rf "$root"
  mkdir -p "$cache"
  python3 -m venv "$root"
  "$root/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir "${packages[@]}" >&2
  touch "$root/whole"
fi
echo "$root/bin/python3"
