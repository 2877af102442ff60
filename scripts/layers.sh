#!/bin/sh
# A folder includes itself and lower levels only; the runtime includes nothing of the rest.
set -eu
# tinynas/ is include/tinynas, what users of the library see. Kernels of an instruction set lie in a folder of the runtime.
variants=$(for dir in runtime/*/; do [ -d "$dir" ] && echo "${dir%/}:0"; done)
levels="common:0 runtime:0 $variants graph:1 data:2 nn:2 search_space:2 estimators:2 quant:2
        supernet:3 trainer:3 nas:3 export:3 study:4 cli:5 tinynas:5 api:6"
level() { for l in $levels; do case $l in "$1":*) echo "${l#*:}" ;; esac; done; }
bad=0
for entry in $levels; do
    dir=${entry%:*}
    own=${entry#*:}
    for file in "$dir"/*.[ch]; do
        [ -f "$file" ] || continue
        for other in $(sed -n 's|^#include "\([a-z_]*\)/.*|\1|p' "$file" | sort -u); do
            [ "$other" = "$dir" ] && continue
            theirs=$(level "$other")
            if [ -z "$theirs" ] || [ "$theirs" -ge "$own" ]; then
                echo "$file: includes $other/ (level ${theirs:-unknown}), its own level is $own" >&2
                bad=1
            fi
        done
    done
done
[ $bad = 0 ] && echo "layers: every include goes down"
exit $bad
