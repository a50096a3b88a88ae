# shellcheck shell=bash
# Sourced by install.sh, package.sh and their test: puts what is installed into a folder.
#
#   bin/                tally and the seven tools
#   lib/tally/          the libraries that the tools load, but for glibc's
#   share/man/man1/     man pages
#   share/bash-completion/completions/, share/zsh/site-functions/
#   share/tally/        a line a tool, for tally --help
#   share/doc/tally/    the licence, and those of the libraries

# glibc is of the machine that the tools run on; a copy of another one beside them would not load.
readonly GLIBC='^(ld-linux-x86-64|libc|libm|libmvec|libdl|libpthread|librt|libutil|libresolv)\.so'

# put_texts BUILT STAGE: dispatcher, man pages, completions. BUILT has TOOL/TOOL; a tool says all of it about itself.
put_texts() {
  local built=$1 stage=$2 tool named
  mapfile -t named < <(printf '%s\n' "${TALLY_TOOLS[@]}" | grep -vx eval) # completed alone: eval is the shell's
  local man=$stage/share/man/man1 bash=$stage/share/bash-completion/completions zsh=$stage/share/zsh/site-functions
  mkdir -p "$stage"/{bin,share/tally} "$man" "$bash" "$zsh"
  install -m 755 scripts/tally.sh "$stage/bin/tally"
  cp scripts/completion.bash "$bash/tally"
  echo "#compdef tally ${named[*]}" >"$zsh/_tally"
  echo 'typeset -ga _tally_tools=()' >>"$zsh/_tally"
  for tool in "${TALLY_TOOLS[@]}"; do
    # A line of its own, not the first of a pipe: a tool that fails ends the script.
    "$built/$tool/$tool" --help >"$stage/help"
    sed -n 1p "$stage/help" >>"$stage/share/tally/tools.txt"
    "$built/$tool/$tool" --help=man >"$man/$tool.1"
    "$built/$tool/$tool" --help=bash >>"$bash/tally"
    "$built/$tool/$tool" --help=zsh >>"$zsh/_tally"
  done
  for tool in "${named[@]}"; do ln -s tally "$bash/$tool"; done
  rm "$stage/help"
  echo "complete -o default -F _tally tally ${named[*]}" >>"$bash/tally"
  cat scripts/completion.zsh >>"$zsh/_tally"
  dispatcher_manual "$stage" >"$man/tally.1"
}

# dispatcher_manual STAGE: the man page of tally, in roff.
dispatcher_manual() {
  echo '.TH TALLY 1 "" Tally Tally'
  printf '%s\n' '.SH NAME' 'tally \- run one of the tools of Tally' '.SH SYNOPSIS' 'tally TOOL [ARGUMENT...]' '.SH TOOLS'
  sed 's/-/\\-/g; s/^\([^ ]*\) \\- \(.*\)/.TP\n\\fB\1\\fR(1)\n\2/' "$1/share/tally/tools.txt"
}

# put_binaries BUILT STAGE: tools and libraries. A tool looks for libraries in ../lib/tally, and so do the libraries.
put_binaries() {
  local built=$1 stage=$2 tool libraries name path
  mkdir -p "$stage"/{bin,lib/tally}
  for tool in "${TALLY_TOOLS[@]}"; do
    install -m 755 "$built/$tool/$tool" "$stage/bin/$tool"
    # shellcheck disable=SC2016
    patchelf --force-rpath --set-rpath '$ORIGIN/../lib/tally' "$stage/bin/$tool"
    libraries=$(loaded_libraries "$built/$tool/$tool")
    while read -r name path; do
      [[ $name =~ $GLIBC || -e $stage/lib/tally/$name ]] || install -m 644 "$path" "$stage/lib/tally/$name"
    done <<<"$libraries"
  done
}

# loaded_libraries BINARY: a line for each shared library: name, path. Fails where one is missing.
loaded_libraries() {
  ldd "$1" | awk '
    / => not found/ { print "missing library: " $1 >"/dev/stderr"; exit 1 }
    / => \// { print $1, $3 }'
}

# put_licences STAGE: Tally's, those of libraries from Debian packages, and where the others are from.
put_licences() {
  local folder=$1/share/doc/tally libraries package
  mkdir -p "$folder"
  cp LICENSE third_party/libtorch_requirements.txt "$folder"
  mapfile -t libraries < <(basename -a "$1"/lib/tally/*)
  while read -r package; do
    [[ ! -e /usr/share/doc/$package/copyright ]] ||
      cp "/usr/share/doc/$package/copyright" "$folder/$package.copyright"
  done < <(dpkg-query --search "${libraries[@]/#/*/$(uname -m)-linux-gnu/}" 2>/dev/null | sed 's/[:,].*//' | sort -u)
}

# oldest_glibc FOLDER: the newest version of glibc's symbols that a binary or library below FOLDER asks for, `2.36`;
# fails where there is none. (objdump fails on what is no binary.)
oldest_glibc() {
  { find "$1" -type f -exec objdump -p {} + 2>/dev/null || :; } | grep -oE 'GLIBC_[0-9]+(\.[0-9]+)+' |
    sed 's/GLIBC_//' | sort -Vu | tail -n 1
}

# cannot_write PATH WHY: ends the script with exit code 73.
cannot_write() {
  echo "${0##*/}: ${1%/.}: $2; nothing was installed" >&2
  exit 73
}

# make_writable PREFIX FOLDER...: makes the folders below PREFIX, or ends the script where one cannot be written.
make_writable() {
  local prefix=$1 folder
  for folder in "${@:2}"; do
    mkdir -p "$prefix/$folder" 2>/dev/null || cannot_write "$prefix/$folder" 'cannot be made, expected a folder'
    [[ -w $prefix/$folder ]] || cannot_write "$prefix/$folder" 'cannot be written'
  done
}

# move_into STAGE PREFIX: moves all files of STAGE, which is on the same file system, into PREFIX, in place of those of
# an earlier installation, which share/tally/files.txt there lists. Before the first is moved it is known that each can
# be: folders can be written, and no file there is somebody else's.
move_into() {
  local stage=$1 prefix=$2 list=share/tally/files.txt folders files known='' file
  mapfile -t folders < <(cd "$stage" && find . -type d | sed 's|^\./||')
  make_writable "$prefix" "${folders[@]}"
  mapfile -t files < <(cd "$stage" && find . ! -type d | sed 's|^\./||' | sort)
  [[ ! -e $prefix/$list ]] || known=$(<"$prefix/$list")
  for file in "${files[@]}"; do
    [[ ! -e $prefix/$file && ! -L $prefix/$file ]] || grep -qxF -e "$file" <<<"$known" ||
      cannot_write "$prefix/$file" "is there and is not Tally's, expected no such file"
  done
  trap '' INT TERM HUP # from here to the end of it
  for file in "${files[@]}"; do mv -fT "$stage/$file" "$prefix/$file"; done
  printf '%s\n' "${files[@]}" "$list" >"$stage/files"
  while read -r file; do # of the earlier one, what this one does not have
    [[ -z $file ]] || grep -qxF -e "$file" "$stage/files" || rm -f "${prefix:?}/$file"
  done <<<"$known"
  mv -fT "$stage/files" "$prefix/$list"
  trap - INT TERM HUP
}

# built_tools: prints the folder of the tools, TOOL/TOOL, after building them; TALLY_BUILT names one where they are.
built_tools() {
  if [[ -z ${TALLY_BUILT:-} ]]; then
    scripts/bootstrap.sh >&2
    run_bazel build //tools/... >&2
  fi
  echo "${TALLY_BUILT:-$PWD/bazel-bin/tools}"
}
