#!/usr/bin/env bash
# Dispatcher, man pages and completions say what the tools say; an installation is whole or absent.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/../cluster/check.sh"
trap 'rm -rf "$work"' EXIT
# shellcheck source=scripts/lib.sh
source "$scripts/lib.sh"
# shellcheck source=scripts/installed_files.sh
source "$scripts/installed_files.sh"
built=$PWD/tools stage=$work/stage prefix=$work/prefix
put_texts "$built" "$stage" || fail 'put_texts'
for tool in "${TALLY_TOOLS[@]}"; do ln -s "$built/$tool/$tool" "$stage/bin/$tool"; done

# --- the dispatcher, also through a link ---
ln -s "$stage/bin/tally" "$work/link"
expect_code 0 "$work/link" --help
for tool in "${TALLY_TOOLS[@]}"; do expect_output "^  $tool  *[a-z]"; done
expect_code 2 "$stage/bin/tally"
expect_output '^Usage: tally TOOL'
expect_code 2 "$stage/bin/tally" evla
expect_output 'found the word "evla", expected a tool: datagen, .*plot$'
expect_code 2 "$stage/bin/tally" '.*'
expect_code 0 "$work/link" --version
expect_output '^tally [0-9.]+ \('
expect_code 0 "$work/link" datagen --count=1 --max_digits=1
expect_output '^[0-9]\+[0-9]=[0-9]+$'
expect_code 65 "$work/link" tokenize --out="$work/none" --in="$0" # the tool's exit code

# --- man pages ---
expect_match "$stage/share/man/man1/eval.1" '^\.TH "EVAL" 1 '
for tool in "${TALLY_TOOLS[@]}"; do
  flags=$("$built/$tool/$tool" --help | grep -c '^  --')
  pages=$(grep -c '^\\fB\\-\\-' "$stage/share/man/man1/$tool.1")
  expect_equal "$((pages + 2))" "$flags" # --help and --version have no entry
  expect_match "$stage/share/man/man1/tally.1" "^.fB${tool}.fR\(1\)$"
done

# --- bash: completions WORD... prints what is offered for the last word ---
declare -A _tally_values
complete() { [[ $1 != -o ]] || registered=("${@:5}"); }
# shellcheck source=/dev/null
source "$stage/share/bash-completion/completions/tally"
expect_equal "${registered[*]}" 'tally datagen tokenize train sort_eval predict plot'
completions() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _tally "$1" "${COMP_WORDS[COMP_CWORD]}" ''
  echo "${COMPREPLY[*]}"
}
expect_equal "$(completions tally tok)" tokenize
expect_equal "$(completions tally eval --dec)" --decoding=
expect_equal "$(completions tally eval --decoding = gen)" 'generate generate_without_cache'
expect_equal "$(completions tally eval --decoding gen)" 'generate generate_without_cache'
expect_equal "$(completions tally eval --decoding =)" 'teacher_forced generate generate_without_cache'
expect_equal "$(completions tally eval m)" merge
expect_equal "$(completions train --res)" --resume
expect_equal "$(completions train --nores)" --noresume
expect_equal "$(completions train --precision = B)" BF16
expect_equal "$(completions /usr/bin/train --precision = b)" bf16
expect_equal "$(completions train --set train.optimizer.kin)" train.optimizer.kind=
expect_equal "$(completions train --set train.optimizer.kind = so)" sophia
expect_equal "$(completions train --set = train.stat)" ''
expect_equal "$(completions datagen --task par)" parity
expect_equal "$(completions plot hea)" heatmap
expect_equal "$(completions plot x.jsonl hea)" '' # files from the second word on
expect_equal "$(completions tally nothing --)" ''

# --- every word that is offered for a text flag is taken (eval's: lib/eval/evaluate_options_test.cc) ---
for value in ${_tally_values['datagen --task']}; do
  echo 0/0 >"$work/problems"
  expect_code 65 "$built/tokenize/tokenize" --task="$value" --out="$work/none" --in="$work/problems"
done
for key in split length_distribution reverse; do
  [[ -n ${_tally_values["datagen --$key"]} ]] || fail "no words for --$key"
  for value in ${_tally_values["datagen --$key"]}; do
    expect_code 0 "$built/datagen/datagen" --count=1 --max_digits=2 --"$key=$value"
  done
done
for value in ${_tally_values['plot --format']}; do
  expect_code 66 "$built/plot/plot" table --format="$value" "$work/none"
done

# --- zsh: a function for each tool ---
for tool in "${TALLY_TOOLS[@]}"; do expect_match "$stage/share/zsh/site-functions/_tally" "^_tally_$tool\(\) \{$"; done
expect_equal "$(sed -n 1p "$stage/share/zsh/site-functions/_tally")" \
  '#compdef tally datagen tokenize train sort_eval predict plot'

# --- moving into place ---
again() { rm -rf "$work/next" && cp -a "$stage" "$work/next"; }
moves() { (move_into "$work/next" "$1"); }
again
expect_code 0 moves "$prefix"
expect_equal "$("$prefix/bin/tally" --help | md5sum)" "$("$work/link" --help | md5sum)"
expect_equal "$(cd "$prefix" && find . ! -type d | sed 's|^\./||' | sort)" "$(sort "$prefix/share/tally/files.txt")"
again && echo new >"$work/next/share/new" && rm "$work/next/share/man/man1/plot.1"
expect_code 0 moves "$prefix" # in place of the first; what it no longer has goes
[[ -e $prefix/share/new && ! -e $prefix/share/man/man1/plot.1 ]] || fail 'the second did not replace the first'
files() { find "$prefix" ! -type d -printf '%p %s %i\n' | sort; }
before=$(files)
again && echo other >"$prefix/bin/other" && cp "$stage/bin/tally" "$work/next/bin/other"
expect_code 73 moves "$prefix" # a file that is somebody else's
expect_output 'prefix/bin/other: is there and is not Tally.s'
rm "$prefix/bin/other"
expect_equal "$(files)" "$before"
again && mkdir -p "$work/blocked" && touch "$work/blocked/share"
expect_code 73 moves "$work/blocked" # a file where a folder should be
expect_output 'blocked/share.*expected a folder; nothing was installed'
expect_equal "$(find "$work/blocked" -type f)" "$work/blocked/share"

# --- install.sh, before it builds ---
touch "$work/file"
expect_code 73 "$scripts/install.sh" "$work/file"
expect_output 'install.sh: .*/file: cannot be made, expected a folder; nothing was installed'
expect_code 73 "$scripts/install.sh" /proc/tally
expect_code 2 "$scripts/install.sh" --prefix=/usr
expect_output 'found --prefix=/usr, expected a folder'
expect_code 2 "$scripts/install.sh" a b
expect_code 0 "$scripts/install.sh" --help
expect_output '^usage: scripts/install.sh \[PREFIX\]'
finish
