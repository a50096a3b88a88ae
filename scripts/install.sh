#!/usr/bin/env bash
# Builds Tally and installs tools, man pages, completions and the libraries that the tools load.
# usage: scripts/install.sh [PREFIX]    without it /usr/local as root, else ~/.local
#
# Files are put together in a folder within PREFIX and moved into place when all are there; those of an earlier
# installation are replaced. PREFIX may be moved later. share/tally/files.txt lists what was installed, so that
# (cd PREFIX && xargs -d '\n' rm < share/tally/files.txt) removes it.
# Exit code 2: usage. 73: PREFIX cannot be written, or has a file of such a name that is not Tally's; it is as before.
set -euo pipefail

default=/usr/local
((EUID == 0)) || default=$HOME/.local
case ${1:-} in
  --help)
    sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit
    ;;
  -*)
    echo "install.sh: found $1, expected a folder; --help says more" >&2
    exit 2
    ;;
esac
(($# <= 1)) || { echo "install.sh: found $# arguments, expected one folder" >&2 && exit 2; }
prefix=$(realpath -m -- "${1:-$default}")
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/installed_files.sh
source scripts/installed_files.sh

make_writable "$prefix" . # an error before the build
built=$(built_tools)
stage=$(mktemp -d "$prefix/.tally.XXXXXX")
trap 'rm -rf "$stage"' EXIT
put_texts "$built" "$stage"
put_binaries "$built" "$stage"
put_licences "$stage"
move_into "$stage" "$prefix"

echo "Tally is in $prefix, tools in $prefix/bin, with $(du -sh --apparent-size "$prefix/lib/tally" | cut -f1) of libraries"
[[ :$PATH: == *":$prefix/bin:"* ]] || echo "Put it on PATH: export PATH=\"$prefix/bin:\$PATH\""
