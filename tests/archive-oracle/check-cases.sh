#!/usr/bin/env bash
# check-cases.sh OUTDIR [COMMAND...]
# Replays every run recorded in OUTDIR/index.tsv and compares exit status and
# sha256.  Without COMMAND it uses the installed git (a self-test of the case
# set).  With COMMAND, that program is called instead as
#   COMMAND... REPO REV PREFIX CONFIG ARGS      (CONFIG/ARGS joined with " ; ")
# and must print the tar on stdout, or exit non-zero where git must fail.
set -u
OUT=$(cd "${1:?usage: check-cases.sh OUTDIR [COMMAND...]}" && pwd) || exit 1; shift
for v in $(compgen -e | grep '^GIT_'); do unset "$v"; done; unset COLUMNS
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 LC_ALL=C LANGUAGE=C TZ=UTC HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent
umask 022
split() { local s=$1; ITEMS=(); while [ -n "$s" ]; do case $s in *' ; '*) ITEMS+=("${s%%' ; '*}"); s=${s#*' ; '};; *) ITEMS+=("$s"); s=;; esac; done; }
bad=0; n=0; tmp=$(mktemp) || exit 1; trap 'rm -f "$tmp"' EXIT
{ read -r _; while IFS= read -r line; do
  f=(); while :; do case $line in *$'\t'*) f+=("${line%%$'\t'*}"); line=${line#*$'\t'};; *) f+=("$line"); break;; esac; done
  case=${f[0]} id=${f[1]} repo=$OUT/${f[0]}/${f[2]} rev=${f[3]} pre=${f[6]} cfg=${f[7]} arg=${f[8]} want=${f[9]} sum=${f[11]}
  export RECORDED_TAR=$OUT/${f[0]}/tar/$id.tar  # for what only the recorded server knew
  if [ $# -gt 0 ]; then "$@" "$repo" "$rev" "$pre" "$cfg" "$arg" >"$tmp" 2>/dev/null </dev/null; rc=$?
  else
    c=(); split "$cfg"; for x in "${ITEMS[@]}"; do c+=(-c "$x"); done
    a=(); p=(); split "$arg"; seen=; for x in "${ITEMS[@]}"; do if [ -n "$seen" ]; then p+=("$x"); elif [ "$x" = -- ]; then seen=1; else a+=("$x"); fi; done
    git -C "$repo" "${c[@]}" archive --format=tar --prefix="$pre" "${a[@]}" "$rev" "${p[@]}" >"$tmp" 2>/dev/null </dev/null; rc=$?
  fi
  n=$((n+1))
  if [ "$want" != 0 ]; then [ $rc != 0 ] || { echo "FAIL $case/$id: must fail, exited 0"; bad=$((bad+1)); }; continue; fi
  got=$(sha256sum <"$tmp"); [ $rc = 0 ] && [ "${got%% *}" = "$sum" ] || { echo "FAIL $case/$id (exit $rc)"; bad=$((bad+1)); }
done; } <"$OUT/index.tsv"
echo "check-cases: $n runs, $bad bad"; [ $bad = 0 ]
