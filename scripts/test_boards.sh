#!/bin/sh
# Builds examples/boards with an export of each part, looks where everything lies, and runs start-up,
# printing and the model on an emulated Cortex-M7. Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

. scripts/checks.sh

# bytes ELF SECTION, place ELF SYMBOL
bytes() { arm-none-eabi-size -A "$1" | awk -v name="$2" '$1 == name { print $2 }'; }
place() { arm-none-eabi-nm "$1" | awk -v name="$2" '$3 == name { print "0x" $1 }'; }
macro() { sed -n "s/^#define $2 //p" "$1/src/shapes.h"; }
# between LOW VALUE HIGH, any of them hexadecimal
between() { [ $(($1)) -le $(($2)) ] && [ $(($2)) -lt $(($3)) ]; }

build() { make -s -C "examples/boards/$1" "$2" OUT="$work/$1-$3" RUNTIME_VERSION=test; }

# look_at BOARD PART FLASH_BYTES ARENA_LOW ARENA_HIGH
look_at()
{
    export_dir=$work/$2
    elf=$work/$1-export/shapes.elf
    check "$1 builds with the export for $2" build "$1" "EXPORT=$export_dir" export
    [ -f "$elf" ] || return
    flash=$(($(bytes "$elf" .vectors) + $(bytes "$elf" .text) + $(bytes "$elf" .rodata) + $(bytes "$elf" .data)))
    echo "        $1: flash $flash bytes, arena $(bytes "$elf" .arena), other RAM $(($(bytes "$elf" .data) + $(bytes "$elf" .bss))), stack $(bytes "$elf" .stack)"
    check "its flash holds what the model needs, and no more than the part has" \
        between "$(macro "$export_dir" SHAPES_FLASH_BYTES)" "$flash" "$3"
    check "board and program take less than 8 KiB of it beside the model and its vectors" \
        between 0 "$flash - $(macro "$export_dir" SHAPES_FLASH_BYTES) - $(macro "$export_dir" SHAPES_INPUT_BYTES) * 8" 8192
    check "the arena is the export's" between "$(macro "$export_dir" SHAPES_ARENA_BYTES)" "$(bytes "$elf" .arena)" \
        "$(macro "$export_dir" SHAPES_ARENA_BYTES) + 32"
    check "the arena lies where the part has room" between "$4" "$(place "$elf" arena)" "$5"
    check "the stack is the lowest memory: an overflow faults" between 0x20000001 "$(place "$elf" stack_top)" 0x20001001
    check "the flash image starts with the stack's top" test \
        "$(od -An -tx4 -N4 "$work/$1-export/shapes.bin" | tr -d ' ')" = "$(place "$elf" stack_top | cut -c3-)"
    check "then the reset handler, in flash" between "$(place "$elf" reset) + 1" \
        "0x$(od -An -tx4 -j4 -N4 "$work/$1-export/shapes.bin" | tr -d ' ')" "$(place "$elf" reset) + 2"
    check "$1 builds with what tinynas measure writes" build "$1" "MEASURE=$work/measure-$2" measure
    check "whose arena lies there as well" between "$4" "$(place "$work/$1-measure/measure.elf" measure_arena)" "$5"
}

check "a small search finds a network" ./tinynas search --mcu stm32f746 --data builtin:shapes --preset smoke --study "$work/study"
check "it is written as .tflite" ./tinynas export "$work/study" --as tflite --name shapes --out "$work/files"
for part in stm32f746 stm32h743; do
    check "and as C for the $part" ./tinynas export "$work/files/shapes.tflite" --as c --name shapes --mcu $part --out "$work/$part"
    check "and as measuring firmware" ./tinynas measure "$work/files/shapes.tflite" --mcu $part --out "$work/measure-$part"
done
look_at nucleo-f746zg stm32f746 0x100000 0x20001000 0x20050000
look_at nucleo-h743zi2 stm32h743 0x200000 0x24000000 0x24080000
check "a folder that is no export is refused" sh -c "! make -s -C examples/boards/nucleo-f746zg EXPORT='$work' OUT='$work/none' 2>'$work/said' && grep -q 'no folder of' '$work/said'"
check "neither EXPORT nor MEASURE is refused" sh -c "! make -s -C examples/boards/nucleo-f746zg OUT='$work/none' 2>'$work/said' && grep -q 'EXPORT=DIR' '$work/said'"

# The same start-up, console and program, on the emulated board.
check "the emulated board runs the model to its end" sh -c "make -s -C examples/boards/mps2-an500 EXPORT='$work/stm32h743' OUT='$work/emulated' run >'$work/said'"
check "no byte differs, and the CRC is the host's" grep -q 'bytes that differ 0, .* as on the host' "$work/said"
check "it prints no time" sh -c "! grep -q latency_ms '$work/said'"
grep '^#' "$work/said" | sed 's/^/        /'
if make -s -C examples/boards/mps2-an500 EXPORT="$work/stm32h743" OUT="$work/pretended" EMULATED_MHZ=480 \
    RUNTIME_VERSION=test run >"$work/said" 2>&1; then
    tr -d '\r' <"$work/said" | grep '^model,\|^shapes,' >"$work/board.csv"
    check "what a board prints is a file of measurements" ./tinynas compare --mcu stm32h743 --runtime tinynas \
        --measurements "$work/board.csv" --graphs "$work/files"
    check "milliseconds are cycles by the clock" awk -F, 'NR == 2 { d = $9 - $8 / 480000; exit !(d < 0.001 && d > -0.001) }' "$work/board.csv"
fi
sed 's/shapes_vector_outputs\[SHAPES_VECTOR_COUNT\].*= {/&{1},/; s/SHAPES_VECTOR_COUNT 4$/SHAPES_VECTOR_COUNT 5/' \
    "$work/stm32h743/shapes_vectors.h" >"$work/vectors" && cp -R "$work/stm32h743" "$work/wrong" && cp "$work/vectors" "$work/wrong/shapes_vectors.h"
check "a model that gives other bytes is reported" sh -c "! make -s -C examples/boards/mps2-an500 EXPORT='$work/wrong' OUT='$work/wrong-out' run >'$work/said' && grep -q 'NOT as on the host\|bytes are wrong' '$work/said'"
finish
