#!/usr/bin/env bash
# Prints the folder that holds LibTorch's include/ and lib/, after fetching it where it is not there yet.
#
#   1. The folder is named after the pinned versions, in a cache outside Bazel's output tree: one download a machine.
#   2. pip downloads the wheels and compares each with the hash in libtorch_requirements.txt.
#   3. They are unpacked beside the final place and renamed into it at the end, so that the folder is whole or absent.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
cache=${TALLY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tally}
requirements=$here/libtorch_requirements.txt
root=$cache/libtorch-$(sha256sum "$requirements" | cut -c1-16)

if [[ ! -e $root/lib/libtorch_cpu.so ]]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetching.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "Fetching LibTorch (about 0.6 GB, once for this machine) into $root" >&2
  python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: --implementation cp \
    --python-version 3.11 --abi cp311 --abi none --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
    --disable-pip-version-check --no-cache-dir \
    --requirement "$requirements" --dest "$work/wheels" >&2
  mkdir -p "$work/root/lib"
  unzip -q "$work"/wheels/torch-*.whl 'torch/include/*' 'torch/lib/*' -d "$work"
  mv "$work/torch/include" "$work/root/include"
  mv "$work"/torch/lib/* "$work/root/lib/"
  for wheel in "$work"/wheels/nvidia_*.whl; do
    unzip -q -j -o "$wheel" '*.so*' -d "$work/root/lib"
  done
  mv -T "$work/root" "$root" || [[ -e $root/lib/libtorch_cpu.so ]]  # another build may have been quicker
fi
echo "$root"
