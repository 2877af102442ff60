#!/bin/sh
# Prints the page of `tinynas report`: report/page.html with the lines "@include FILE" replaced by
# report/FILE, "@library" and "@licence" by the plotting library and the text of its licence.
#   scripts/report_page.sh LIBRARY.js LICENCE
set -eu
library=$1
licence=$2
if grep -q '</script' "$library" report/*.js; then
    echo "report_page.sh: a script would end its own element" >&2
    exit 1
fi
while IFS= read -r line; do
    case $line in
    "@include "*) cat "report/${line#@include }" ;;
    @library) cat "$library" ;;
    @licence) sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$licence" ;;
    *) printf '%s\n' "$line" ;;
    esac
done < report/page.html
