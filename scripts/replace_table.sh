#!/bin/sh
# Puts results into a document: what stands there between the lines "<!-- NAME" (and what follows on
# that line) and "<!-- /NAME -->" becomes the content of a file.
#   scripts/replace_table.sh DOCUMENT NAME FILE
set -eu
[ $# = 3 ] || { echo "usage: scripts/replace_table.sh DOCUMENT NAME FILE" >&2; exit 2; }
[ -s "$3" ] || { echo "replace_table.sh: $3 is empty" >&2; exit 1; }
trap 'rm -f "$1.new"' EXIT
awk -v name="$2" -v file="$3" '
    $1 == "<!--" && $2 == name { print; while ((getline line < file) > 0) print line; inside = found = 1; next }
    $1 == "<!--" && $2 == "/" name { inside = 0 }
    !inside { print }
    END { if (!found || inside) { print "replace_table.sh: no place for " name > "/dev/stderr"; exit 1 } }' "$1" >"$1.new"
mv "$1.new" "$1"
