# What zsh completes for Tally: tools, flags, and the words that a flag takes. Installed as _tally; before this stand the
# line #compdef and what the tools say of themselves (TOOL --help=zsh): _tally_tools, and a function for each tool.
_tally() {
  local tool=$service
  if [[ $service == tally ]]; then
    if (( CURRENT == 2 )); then
      _describe tool _tally_tools
      return
    fi
    shift words
    (( CURRENT-- ))
    tool=${words[1]}
  fi
  if (( $+functions[_tally_$tool] )); then _tally_$tool; else _files; fi
}

_tally "$@"
