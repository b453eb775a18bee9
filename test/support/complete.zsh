# Types words and the tab key into an interactive zsh, and prints the completions it offers, one per line.
#
#   zsh -f complete.zsh DIRECTORY WORDS     the directory contains the completion; it is added to $fpath
zmodload zsh/zpty
typing=$(mktemp)
# Completions go through compadd; the marks show where completing begins and ends.
cat >$typing <<'SETUP'
compadd() {
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a offered
    builtin compadd -A offered "$@"
    print -rl -- "OFFERED:"$^offered
  fi
  builtin compadd "$@"
}
mark() { print '\nMARK' }
compprefuncs=(mark)
comppostfuncs=(mark)
SETUP
zpty terminal PS1= zsh -f -i
setup="fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' complete-word"
zpty -w terminal "$setup; source $typing"
zpty -w -n terminal "$2"$'\t'
integer marks=0
while ((marks < 2)) && zpty -r terminal line; do
  line=${line%%$'\r'*}
  case $line in
    MARK) marks+=1 ;;
    OFFERED:*) print -r -- ${line#OFFERED:} ;;
  esac
done
zpty -d terminal
rm $typing
