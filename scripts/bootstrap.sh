#!/usr/bin/env bash
# Installs what Tally is built with on Debian 12, as root or through sudo. Silent where nothing is missing.
# usage: scripts/bootstrap.sh
set -euo pipefail

# Package and the version it must start with; third_party/README.md says what each is for.
readonly PACKAGES='
bazel-bootstrap        4.2.3
bazel-platforms        0.0.2
bazel-rules-java       4.0.0
bazel-rules-proto      4.0.0
bazel-skylib           1.0.3
ca-certificates        2
clang-14               1:14.0
clang-format-14        1:14.0
clang-tidy-14          1:14.0
fonts-dejavu-core      2.37
g++                    4:12.2
git                    1:2.39
gnuplot-nox            5.4
iproute2               6.1
libabsl-dev            20220623
libbenchmark-dev       1.7
libclang-rt-14-dev     1:14.0
libgloo-dev            0.0~git20220518
libgmock-dev           1.12
libgmp-dev             2:6.2.1
libgtest-dev           1.12
libhwy-dev             1.0.3
libprotobuf-dev        3.21.12
librandom123-dev       1.14
libre2-dev             20220601
libssl-dev             3.0
libxxhash-dev          0.8.1
libzip-dev             1.7.3
libzstd-dev            1.5.4
munge                  0.5.15
nlohmann-json3-dev     3.11
patchelf               0.14
pkg-config             1.8
protobuf-compiler      3.21.12
python3-pip            23.0
shellcheck             0.9
slurm-wlm              22.05.8
unzip                  6.0
zlib1g-dev             1:1.2.13
'

# Prints each package of PACKAGES that is not installed in the version asked for.
missing_packages() {
  local -A installed
  local name version
  while read -r name version; do
    installed[${name%%:*}]=$version
  done < <(awk 'NF { print $1 }' <<<"$PACKAGES" |
    xargs dpkg-query --show --showformat="\${Package} \${db:Status-Status}=\${Version}\n" 2>/dev/null)
  while read -r name version; do
    [[ -z $name || ${installed[$name]:-} == "installed=$version"* ]] || echo "$name"
  done <<<"$PACKAGES"
}

as_root() {
  if (($(id -u) == 0)); then "$@"; else sudo "$@"; fi
}

fail() {
  echo "bootstrap: $1" >&2
  exit 1
}

mapfile -t missing < <(missing_packages)
((${#missing[@]})) || exit 0

command -v apt-get >/dev/null || fail "Debian 12 is expected, and apt-get is not here; install: ${missing[*]}"
[[ $(id -u) == 0 ]] || command -v sudo >/dev/null || fail "run as root or install sudo, for: ${missing[*]}"

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 </dev/null || {
  tail -n 20 "$log" >&2
  fail "apt-get failed; its last lines are above"
}

mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || fail "not in the version that Debian 12 has: ${missing[*]}"
