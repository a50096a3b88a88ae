# What zsh offers for command lines: complete.zsh FOLDER LINE... prints `LINE: the line after Tab` for each.
# FOLDER has _tally. A shell of its own on a pseudo-terminal completes, as one that somebody types into.
zmodload zsh/zpty
folder=$1
for line in "${@:2}"; do
  zpty shell zsh -f -i
  zpty -w shell "PS1=; PS2=; fpath=($folder \$fpath); autoload -U compinit; compinit -u -D; LISTMAX=0; bindkey '^X' end-of-line"
  zpty -w shell "show() { print -r -- \"<\$BUFFER>\"; zle kill-whole-line }; zle -N show; bindkey '^O' show; print ready"
  while zpty -r shell output '*ready*'; do [[ $output == *ready*ready* || $output == *$'\n'ready* ]] && break; done
  zpty -w -n shell "$line"$'\t\x0f'
  output=
  while zpty -r shell piece; do
    output+=$piece
    [[ $output != *'<'*'>'* ]] || break
  done
  print -r -- "$line: ${${output##*<}%%>*}"
  zpty -d shell
done
