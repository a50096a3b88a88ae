#!/usr/bin/env bash
# Builds Tally and packs it for machines without a compiler: a Debian package and a tarball, both with all libraries but
# glibc.
# usage: scripts/package.sh [FOLDER]    without it out/package
#
# The last line is the oldest glibc that the tools load on, as their symbol versions say. The Debian package puts all
# into /opt/tally, and tally, its man page and its completions where Debian has such: /usr/bin/plot and /usr/bin/predict
# are names of other packages (plotutils, predict).
set -euo pipefail
folder=$(realpath -m -- "${1:-$(dirname "$0")/../out/package}")
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/installed_files.sh
source scripts/installed_files.sh

make_writable "$folder" .
built=$(built_tools)
work=$(mktemp -d "$folder/.package.XXXXXX")
trap 'rm -rf "$work"' EXIT
version=$("$built/datagen/datagen" --version | cut -d' ' -f2)
# Same tools, same bytes.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=$(stat -c %Y "$built/datagen/datagen")
export SOURCE_DATE_EPOCH

# make_tarball: FOLDER/tally-VERSION-ARCHITECTURE.tar.gz with one folder in it.
make_tarball() {
  local name
  name=tally-$version-$(uname -m)
  tar --create --directory="$work" --transform="s|^stage|$name|" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" stage | gzip -n >"$work/tarball"
  mv -f "$work/tarball" "$folder/$name.tar.gz"
  echo "$folder/$name.tar.gz"
}

# control GLIBC: what the Debian package says of itself.
control() {
  cat <<END
Package: tally
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The Tally authors
Depends: libc6 (>= $1)
Recommends: gnuplot-nox, fonts-dejavu-core
Section: science
Priority: optional
Installed-Size: $(du -sk "$work/root/opt" | cut -f1)
Description: teach small transformers arithmetic and measure how far they stay right
 Command-line tools: tally --help lists them. gnuplot draws the pictures of tally plot.
END
}

# link_from_opt PATH TARGET: a link in the package to a file of /opt/tally.
link_from_opt() {
  mkdir -p "$(dirname "$work/root/$1")"
  ln -s "/opt/tally/$2" "$work/root/$1"
}

# make_debian_package GLIBC
make_debian_package() {
  local package
  package=$folder/tally_${version}_$(dpkg --print-architecture).deb
  mkdir -p "$work/root/opt" "$work/root/DEBIAN"
  mv "$work/stage" "$work/root/opt/tally"
  link_from_opt usr/bin/tally bin/tally
  link_from_opt usr/share/man/man1/tally.1 share/man/man1/tally.1
  link_from_opt usr/share/bash-completion/completions/tally share/bash-completion/completions/tally
  link_from_opt usr/share/zsh/vendor-completions/_tally share/zsh/site-functions/_tally
  link_from_opt usr/share/doc/tally share/doc/tally
  control "$1" >"$work/root/DEBIAN/control"
  dpkg-deb --root-owner-group -Zzstd -z12 --build "$work/root" "$work/package.deb" >/dev/null
  mv -f "$work/package.deb" "$package"
  echo "$package"
}

mkdir "$work/stage"
put_texts "$built" "$work/stage"
put_binaries "$built" "$work/stage"
put_licences "$work/stage"
glibc=$(oldest_glibc "$work/stage")
make_tarball
make_debian_package "$glibc"
echo "oldest glibc that they load on: $glibc"
