#!/bin/sh
# What estimators/device_cores.def says of a core:
#   device_core.sh                       the names of all
#   device_core.sh NAME cross|flags|folders|board
set -eu
table=$(dirname "$0")/../estimators/device_cores.def
[ $# = 0 ] || [ $# = 2 ] || { echo "usage: device_core.sh [NAME cross|flags|folders|board]" >&2; exit 2; }
# Odd fields between quotes are the row's.
awk -F'"' -v name="${1:-}" -v what="${2:-}" '
    BEGIN { column["cross"] = 6; column["flags"] = 8; column["folders"] = 10; column["board"] = 12 }
    /^#define TNAS_DEVICE_FLAGS / { common = $2 }
    !/^TNAS_CORE\("/ { next }
    name == "" { print $2 }
    name != "" && $2 == name && what in column {
        found = 1
        print $column[what] (what == "flags" ? " " common : "")
    }
    END {
        if (name != "" && !found) {
            print "device_core.sh: no " what " of core " name > "/dev/stderr"
            exit 1
        }
    }' "$table"
