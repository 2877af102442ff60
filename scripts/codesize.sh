#!/bin/sh
# Measures code and stack bytes of the runtime's functions and of an export's entry function:
#   scripts/codesize.sh OUT.csv
# The compiler's flags are those of an export's firmware (export/templates/Makefile.in), so that
# the sum of the rows that a model uses is what `make firmware` links; docs/export.md defines both.
#   code_bytes   every .text* and .rodata* section of the object, each rounded up to 4
#   stack_bytes  frames of all the object's functions together: no call chain in it is deeper
set -eu
export LC_ALL=C

[ $# = 1 ] || { echo "usage: scripts/codesize.sh OUT.csv" >&2; exit 2; }
out=$1
cross=${CROSS:-arm-none-eabi-}
command -v "${cross}gcc" >/dev/null || { echo "codesize.sh: ${cross}gcc is not installed" >&2; exit 1; }

flags=$(sed -n 's/^DEVICE_FLAGS *= *//p' export/templates/Makefile.in)
[ -n "$flags" ] || { echo "codesize.sh: no DEVICE_FLAGS in export/templates/Makefile.in" >&2; exit 1; }
toolchain="${cross}gcc $("${cross}gcc" -dumpfullversion) $flags"

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# fail_on_foreign OBJECT: what it calls must be the runtime's, or its bytes would be unseen.
fail_on_foreign()
{
    foreign=$("${cross}nm" -u "$1" | awk '$2 !~ /^(tnrt_invoke|m_model)$/ { print $2 }' | tr '\n' ' ')
    [ -z "$foreign" ] || {
        echo "codesize.sh: $2 needs $foreign- not counted by its own size" >&2
        exit 1
    }
}

# measure SOURCE FUNCTION: prints one row.
measure()
{
    object=$build/$2.o
    # shellcheck disable=SC2086
    "${cross}gcc" $flags -fstack-usage -Iruntime -I"$build" -c "$1" -o "$object"
    "${cross}nm" "$object" | grep -q " T " || { echo "codesize.sh: $1 defines no function" >&2; exit 1; }
    fail_on_foreign "$object" "$1"
    "${cross}size" -A "$object" | awk -v name="$1" '
        /^\.(data|bss)/ && $2 > 0 { print "codesize.sh: " name " has mutable data" > "/dev/stderr"; exit 1 }
        /^\.(text|rodata)/ { bytes += int(($2 + 3) / 4) * 4 }
        END { print bytes + 0 }' >"$build/bytes"
    stack=$(awk -v name="$1" '
        $3 != "static" { print "codesize.sh: " name ": unbounded stack" > "/dev/stderr"; exit 1 }
        { bytes += $2 }
        END { print bytes + 0 }' "$build/$2.su")
    echo "$2,$(cat "$build/bytes"),$stack,$toolchain"
}

# The entry function of a model called m, with as much of its headers as it needs.
sed -e 's/@name@/m/g' -e 's/@NAME@/M/g' export/templates/model_invoke.c.in >"$build/m_invoke.c"
printf '#include <stdint.h>\nint m_invoke(void *arena, const int8_t *in, int8_t *out);\n' >"$build/m.h"
printf '#include "tnrt.h"\nextern const tnrt_model m_model;\n' >"$build/m_data.h"

sources=$(find runtime -name '*.c' | sort)
{
    echo "function,code_bytes,stack_bytes,toolchain"
    for source in $sources; do
        measure "$source" "$(basename "$source" .c)"
    done
    measure "$build/m_invoke.c" model_entry
} >"$build/out.csv"

for kernel in $(sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' runtime/tnrt_kernels.h) tnrt_invoke; do
    grep -q "^$kernel," "$build/out.csv" ||
        { echo "codesize.sh: runtime/$kernel.c is missing" >&2; exit 1; }
done
mkdir -p "$(dirname "$out")"
cp "$build/out.csv" "$out.new" && mv "$out.new" "$out"
echo "$out: $(($(wc -l <"$out") - 1)) functions, $toolchain"
