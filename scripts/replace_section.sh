#!/bin/sh
# Replaces what a text file has between two lines by standard input:
#   <!-- NAME: begin ... -->  and  <!-- NAME: end -->
# usage: replace_section.sh FILE NAME < TEXT
set -eu
file=$1 name=$2
new=$(mktemp)
trap 'rm -f "$new" "$new.out"' EXIT
cat > "$new"
grep -q "^<!-- $name: begin" "$file" && grep -q "^<!-- $name: end" "$file"
awk -v name="$name" -v new="$new" '
    index($0, "<!-- " name ": end") == 1 { inside = 0 }
    !inside { print }
    index($0, "<!-- " name ": begin") == 1 {
        print ""
        while ((getline line < new) > 0) print line
        print ""
        inside = 1
    }' "$file" > "$new.out"
cat "$new.out" > "$file"
