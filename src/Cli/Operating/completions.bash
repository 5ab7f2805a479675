# Bash completion of espalier. Load it with: source <(espalier completions bash)
_espalier() {
  local word="${COMP_WORDS[COMP_CWORD]}" rest="${COMP_LINE#* }"
  local position=$((COMP_POINT - ${#COMP_LINE} + ${#rest}))
  [ "$position" -lt 0 ] && position=0
  local all
  all="$(espalier "[suggest:$position]" "$rest" 2>/dev/null)" || return
  case "$word" in
    -*) ;;
    *) all="$(printf '%s\n' "$all" | grep -v '^-')" ;;
  esac
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$all" -- "$word"))
}
complete -o default -F _espalier espalier
