#!/bin/sh
# Measures code and stack bytes of the runtime's functions and of an export's entry functions, for
# every core of estimators/device_cores.def or for those named:
#   scripts/codesize.sh FOLDER [CORE]...        writes FOLDER/CORE.csv
# Compilers and flags are those of an export's firmware, so that the sum of the rows that a model
# uses is what `make firmware` links; docs/export.md defines both.
#   code_bytes   every .text* and .rodata* section of the object, each rounded up to 4
#   stack_bytes  frames of the deepest chain of calls within the object; chains that begin with a
#                function that only a pointer leads to are added
#   needs        members of the compiler's own library (libgcc) that the object calls, on cores
#                without an instruction for it; each is a row "libgcc.MEMBER". Also other
#                objects of the runtime that it calls: parts that several kernels share, and a
#                variant's port (tnrt_*_port_*.c), which alone may have mutable data
set -eu
export LC_ALL=C

[ $# -ge 1 ] || { echo "usage: scripts/codesize.sh FOLDER [CORE]..." >&2; exit 2; }
folder=$1
shift
cores=$(sh scripts/device_core.sh)
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $cores
root=$(pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# The entry functions of a model called m, with as much of its headers as it needs.
sed -e 's/@name@/m/g' -e 's/@NAME@/M/g' export/templates/model_invoke.c.in >"$build/model_entry.c"
sed -e 's/@name@/m/g' -e 's/@NAME@/M/g' export/templates/model_features.c.in >"$build/model_features.c"
printf '#include <stdint.h>\nint m_invoke(void *arena, const int8_t *in, int8_t *out);\n' >"$build/m.h"
printf '%s\n' '#include "tnrt_features.h"' 'extern const tnrt_features m_features_tables;' \
    'extern const uint32_t m_features_scratch;' 'void m_features(void *arena, const int16_t *samples);' >"$build/m_features.h"
printf '#include "tnrt.h"\nextern const tnrt_model m_model;\n' >"$build/m_data.h"

# library_members LIBGCC: "symbol member" of what it defines, "member > symbol" of what it needs.
library_members()
{
    "${cross}nm" -A "$1" >listing 2>/dev/null
    awk '
        { count = split($1, part, ":"); member = part[count - 1]; sub(/\.o$/, "", member) }
        part[count] == "" && $2 == "U" { print member, ">", $3; next }
        $2 ~ /^[TWR]$/ { print $3, member }' listing
}

# rows: from the listings of the objects in the current folder, one row for each and for each
# library member that one needs.
print_rows()
{
    awk -v toolchain="$toolchain" '
        function fail(what) { print "codesize.sh: " toolchain ": " what > "/dev/stderr"; failed = 1; exit 1 }
        function round_up(bytes) { return int((bytes + 3) / 4) * 4 }
        function name_of(member) { return (member in is_part ? "" : "libgcc.") member }
        # Every member that `name` leads to, in the order met.
        function close_over(object,    count, i, j, list, seen, wanted, parts) {
            count = 0
            for (i = 1; i <= needed[object]; i++)
                if (!(need[object, i] in seen)) {
                    seen[need[object, i]] = 1
                    list[++count] = need[object, i]
                }
            for (i = 1; i <= count; i++) {
                split(leads_to[list[i]], parts, " ")
                for (j in parts)
                    if (parts[j] in defined_by && !(defined_by[parts[j]] in seen)) {
                        seen[defined_by[parts[j]]] = 1
                        list[++count] = defined_by[parts[j]]
                    }
            }
            wanted = ""
            for (i = 1; i <= count; i++) {
                wanted = wanted (i > 1 ? " " : "") name_of(list[i])
                if (!(list[i] in is_part))
                    used[list[i]] = 1
            }
            return wanted
        }
        FILENAME == "library" && $2 == ">" { leads_to[$1] = leads_to[$1] " " $3; next }
        FILENAME == "library" { if (!($1 in defined_by)) defined_by[$1] = $2; next }
        FILENAME == "library_sizes" { member_code[$1] += round_up($2); next }
        FILENAME == "library_pushes" { member_stack[$1] += $2; next }
        FILENAME == "parts" { is_part[$2] = 1; defined_by[$1] = $2; next }
        FILENAME == "symbols" {
            if ($2 == "T") { if ($3 == $1 || $1 ~ /^model_(entry|features)$/ || $1 ~ /_port_/) objects[$1] = 1; next }
            if ($2 != "U" || $3 == "tnrt_invoke" || $3 ~ /^m_(model|features_tables|features_scratch)$/) next
            if (!($3 in defined_by)) fail($1 ".c needs " $3 ", which is not counted by its own size")
            need[$1, ++needed[$1]] = defined_by[$3]
            leads_to[$1] = leads_to[$1] " " $3
            next
        }
        FILENAME == "sizes" && /\.o *:$/ { object = $1; sub(/\.o.*/, "", object); next }
        FILENAME == "sizes" && $1 ~ /^\.s?(data|bss)/ && $2 > 0 && object !~ /_port_/ { fail(object ".c has mutable data") }
        FILENAME == "sizes" && $1 ~ /^\.(text|rodata|srodata)/ { code[object] += round_up($2); next }
        # "object frame FUNCTION BYTES KIND", "object call FUNCTION FUNCTION"
        FILENAME == "stacks" && $2 == "frame" {
            if ($5 != "(static)") fail($1 ".c: unbounded stack")
            frame[$1, $3] = $4
            stack[$1] = 1
        }
        FILENAME == "stacks" && $2 == "call" { calls[$1, $3] = calls[$1, $3] " " $4; called[$1, $4] = 1 }
        function depth(object, caller,    count, i, callee, deepest, below) {
            if (!((object, caller) in frame)) return 0
            if ((object, caller) in open) fail(object ".c: " caller " calls itself")
            open[object, caller] = 1
            count = split(calls[object, caller], callee, " ")
            for (i = 1; i <= count; i++) {
                below = depth(object, callee[i])
                if (below > deepest) deepest = below
            }
            delete open[object, caller]
            return frame[object, caller] + deepest
        }
        # A function that none in the object calls is its entry or, called through a pointer, may be
        # on the stack together with it.
        function stack_of(object,    key, part, bytes) {
            for (key in frame) {
                split(key, part, SUBSEP)
                if (part[1] == object && !(key in called)) bytes += depth(object, part[2])
            }
            return bytes + 0
        }
        END {
            if (failed) exit 1
            for (object in stack)
                if (!(object in objects)) fail(object ".c defines no function " object)
            for (object in objects)
                print object "," code[object] "," stack_of(object) "," close_over(object) "," toolchain
            for (member in used)
                print "libgcc." member "," member_code[member] "," member_stack[member] + 0 ",," toolchain
        }' library library_sizes library_pushes parts symbols sizes stacks
}

# describe_library: sizes of the members of libgcc, and what each function in it pushes.
describe_library()
{
    libgcc=$("${cross}gcc" $flags -print-libgcc-file-name)
    library_members "$libgcc" >library
    "${cross}size" -A "$libgcc" >listing 2>/dev/null
    awk '
        / *\(ex .*:$/ { member = $1; sub(/\.o$/, "", member) }
        $1 ~ /^\.(text|rodata)/ && $2 > 0 { print member, $2 }' listing >library_sizes
    : >library_pushes
}

# count_pushes: bytes that the functions of the members in use push; they have no other frames.
count_pushes()
{
    awk 'FILENAME == "library" { if ($2 != ">") member[$1] = $2; next }
         $2 == "U" && $3 in member && !(member[$3] in seen) { print member[$3]; seen[member[$3]] = 1 }' library symbols >used
    while read -r member; do
        "${cross}ar" p "$libgcc" "$member.o" >member.o
        "${cross}objdump" -d member.o >listing
        awk -v member="$member" '
            $3 == "push" { n = 0; line = $0; gsub(/[{},]/, " ", line); n = split(line, w, " ") - 3; bytes += 4 * n }
            END { print member, bytes + 0 }' listing
    done <used >library_pushes
    rm -f member.o
}

# measure CORE: writes CORE.csv into the current folder. Each command stands by itself, its output in a file: with
# set -e the first that fails ends it, which in a pipe only the last one would.
measure()
{
    cross=$(cd "$root" && sh scripts/device_core.sh "$1" cross)
    flags=$(cd "$root" && sh scripts/device_core.sh "$1" flags)
    command -v "${cross}gcc" >/dev/null || { echo "codesize.sh: ${cross}gcc is not installed" >&2; return 1; }
    toolchain="${cross}gcc $("${cross}gcc" -dumpfullversion) $flags"
    variants=$(cd "$root" && sh scripts/device_core.sh "$1" folders)
    sources=$(ls "$root"/runtime/*.c)
    for variant in $variants; do
        [ ! -d "$root/runtime/$variant" ] || sources="$sources $(find "$root/runtime/$variant" -name '*.c')"
    done
    "${cross}gcc" $flags -fcallgraph-info=su -I"$root/runtime" -I"$build" -c $sources "$build/model_entry.c" "$build/model_features.c"
    for object in *.o; do
        "${cross}nm" "$object" >listing
        awk -v object="${object%.o}" '
            NF == 2 { print object, $1, $2 }
            NF == 3 && $2 == "T" { print object, $2, $3 }' listing
    done >symbols
    awk '$2 == "T" { print $3, $1 }' symbols >parts
    "${cross}size" -A ./*.o >listing
    sed 's/^\.\/\(.*\.o\)/\1/' listing >sizes
    # A static function's title is FILE:NAME.
    for graph in *.ci; do
        sed -n -e "s/^node: { title: \"\([^\"]*\)\" .*[^0-9]\([0-9]*\) bytes \(([^)]*)\).*/${graph%.ci} frame \1 \2 \3/p" \
            -e "s/^edge: { sourcename: \"\([^\"]*\)\" targetname: \"\([^\"]*\)\".*/${graph%.ci} call \1 \2/p" "$graph" >listing
        sort -u listing
    done >stacks
    describe_library
    count_pushes
    print_rows >rows
    [ -s rows ] || { echo "codesize.sh: $toolchain: no function" >&2; return 1; }
    { echo "function,code_bytes,stack_bytes,needs,toolchain"; sort rows; } >"$1.csv"
}

mkdir -p "$folder"
for core; do
    mkdir "$build/$core"
    (
        cd "$build/$core"
        measure "$core"
        touch measured
    ) &
done
wait
for core; do
    [ -f "$build/$core/measured" ] || exit 1
done
for core; do
    table=$folder/$core.csv
    cp "$build/$core/$core.csv" "$table.new" && mv "$table.new" "$table"
    echo "$table: $(($(wc -l <"$table") - 1)) functions"
done
