# shellcheck shell=bash
# What bash completes for Tally: tools, flags, and the words that a flag takes. Installed as the completion of `tally` and
# of each tool but `eval`, which stays the shell's own word; behind this file stands what the tools say of themselves
# (TOOL --help=bash), assignments to these arrays:
declare -gA _tally_flags=()  # tool -> its flags; `--name=` of those that need a value
declare -gA _tally_values=() # "TOOL --flag" -> the words it takes; "TOOL PATH" -> those of --set PATH=; "TOOL " -> first words

# _tally_offer WORDS CURRENT: what of the words begins with CURRENT. Names of values may be typed in lower case.
_tally_offer() {
  local words=$1 letters='[a-z]'
  [[ $2 != *$letters* || $words == *$letters* ]] || words=${words,,}
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
  [[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null || :
}

# The name that the word before `=`, or before the current word, gives a value to: --flag, or a path of --set.
_tally_name() {
  local i=$1
  [[ ${COMP_WORDS[i]} != = ]] || i=$((i - 1))
  printf '%s' "${COMP_WORDS[i]}"
}

_tally() {
  local tool=${COMP_WORDS[0]##*/} current=$2 first=1 name
  COMPREPLY=()
  if [[ $tool == tally ]]; then
    if ((COMP_CWORD == 1)); then
      _tally_offer "${!_tally_flags[*]} --help --version" "$current"
      return
    fi
    tool=${COMP_WORDS[1]} first=2
  fi
  [[ $current != = ]] || current=
  if [[ $current == -* ]]; then
    _tally_offer "${_tally_flags[$tool]:-}" "$current"
    return
  fi
  if [[ ${COMP_WORDS[COMP_CWORD]} == = ]]; then
    name=$(_tally_name "$COMP_CWORD")
  else
    name=$(_tally_name $((COMP_CWORD - 1)))
  fi
  ((COMP_CWORD != first)) || name=
  _tally_offer "${_tally_values["$tool $name"]:-}" "$current"
}
