#!/usr/bin/env bash
# The Debian package and the tarball run in a Debian 12 that debootstrap has just made, without a compiler; the rest of
# an installation is read by those that read it: groff and zsh.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/../cluster/check.sh"
trap 'rm -rf "$work"' EXIT
bare=$work/bare
export TALLY_BUILT=$PWD/tools PATH=$PATH:/usr/sbin:/sbin

expect_code 0 "$scripts/package.sh" "$work/packages"
expect_output '^oldest glibc that they load on: 2\.[0-9]+$'
cat "$work/output"

expect_code 0 "$scripts/install.sh" "$work/prefix"
expect_equal "$(cd / && env -i "$work/prefix/bin/eval" --version)" "$(tools/eval/eval --version)"
for page in "$work"/prefix/share/man/man1/*.1; do
  expect_equal "$(groff -man -ww -z -Tutf8 "$page" 2>&1)" ''
done
expect_code 0 zsh "$(dirname "$0")/complete.zsh" "$work/prefix/share/zsh/site-functions" \
  'tally tok' 'tally eval --decod' 'train --resu' 'tally eval --decoding=tea'
expect_output '^tally tok: tally tokenize $'
expect_output '^tally eval --decod: tally eval --decoding=$'
expect_output '^train --resu: train --resume $'
expect_output '^tally eval --decoding=tea: tally eval --decoding=teacher_forced $'

# The archive that this machine's packages come from.
# shellcheck disable=SC2016
archive=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | sed -n 1p)
expect_code 0 debootstrap --variant=minbase bookworm "$bare" "$archive"
cp "$work"/packages/* "$bare/tmp"
cat >"$bare/tmp/try.sh" <<'END'
set -eux
cd /tmp
if command -v gcc; then exit 1; fi
run() {
  "$1" datagen --count=2000 --max_digits=3 --seed=1 | "$1" tokenize --out=data.safetensors
  "$1" train --data=data.safetensors --out="$2" --steps=20
  "$1" eval --model="$2" --rows=1..2 --cols=1..2 --samples=5 | "$1" plot
  echo 12+3= | "$1" predict --model="$2" --human
}
dpkg --install tally_*.deb
run tally first
dpkg --remove tally
hash -r
if command -v tally; then exit 1; fi
tar xf tally-*.tar.gz
run ./tally-*/bin/tally second
mv tally-*64 /srv/moved
/srv/moved/bin/tally --version
END
# $ORIGIN is found through /proc.
# shellcheck disable=SC2016
expect_code 0 unshare --mount bash -c 'mount -t proc proc "$1/proc" && exec chroot "$1" /usr/bin/env -i \
  PATH=/usr/sbin:/usr/bin:/sbin:/bin bash /tmp/try.sh' - "$bare"
expect_output '^tally [0-9.]+ \('
expect_equal "$(grep -cE '^12\+3=[0-9]*' "$work/output")" 2
finish
