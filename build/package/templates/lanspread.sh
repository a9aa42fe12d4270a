#!/bin/sh
# Starts the installed Lanspread with the Node that comes with it.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
here=$(cd "$(dirname "$self")" && pwd -P)
node=
while [ -z "$node" ] && read -r version; do
  [ -x "$here/versions/$version/@NODE@" ] && node="$here/versions/$version/@NODE@"
done < "$here/current"
[ -n "$node" ] && exec "$node" "$here/boot/boot.mjs" "$@"
echo "lanspread: no version of Lanspread is complete in $here. Install it again. [PROGRAM_INCOMPLETE]" >&2
exit 1
