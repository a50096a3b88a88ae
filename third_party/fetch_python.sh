#!/usr/bin/env bash
# Prints the folder that holds the Python packages of python_requirements.txt, after fetching them where they are not
# there yet. The folder is named after the pinned versions and renamed into place when it is whole.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
cache=${TALLY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tally}
requirements=$here/python_requirements.txt
root=$cache/python-$(sha256sum "$requirements" | cut -c1-16)

if [[ ! -e $root ]]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetching.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "Fetching Python packages for tests into $root" >&2
  python3 -m pip install --quiet --no-deps --require-hashes --only-binary=:all: --no-compile \
    --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
    --requirement "$requirements" --target "$work/root" >&2
  mv -T "$work/root" "$root" || [[ -e $root ]]  # another build may have been quicker
fi
echo "$root"
