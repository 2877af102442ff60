#!/bin/sh
# Winners of small searches as firmware on emulated boards, with the memories of their parts: an
# STM32F746 (Cortex-M7) and an STM32F446 (Cortex-M4). Same bytes as the host; flash, SRAM and stack
# as predicted.
#   EXPORT_DIR   an existing export to test instead
# Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS # of the make that runs this: an export builds by itself
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$(pwd)

. scripts/checks.sh

crc() { sed -n 's/.*"crc":"\([0-9a-f]*\)".*/\1/p' "$1"; }

# number KEY: of the firmware's JSON object.
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/device"; }

# as_predicted QUANTITY: linked = predicted.
as_predicted() { awk -v row="$1" '$1 == row { found = $2 == $3 } END { exit !found }' "$work/size"; }

# test_export DIR: builds and runs what lies there.
test_export()
{
    cd "$1" || exit 1
    vectors=$(ls ./*_vectors.h 2>/dev/null)
    name=$(basename "$vectors" _vectors.h)
    cross=$(sed -n 's/^CROSS *?= *//p' Makefile)
    what=$(sed -n 's/^# Builds .* for this PC and for \(.*\)\. Objects.*/\1/p' Makefile)
    check "the folder is an export" test -f "src/$name.h"
    check "the host runner builds without a warning" make -s host
    check "the host runner gives the expected bytes" sh -c "build/${name}_host >'$work/host'"
    check "the firmware fits the part's flash and RAM" make -s firmware
    check "$what ends with status 0" sh -c "make -s run >'$work/device'"
    check "no byte differs" grep -q '"mismatches":0,' "$work/device"
    check "host and device agree on the CRC of all outputs" \
        test -n "$(crc "$work/host")" -a "$(crc "$work/host")" = "$(crc "$work/device")"
    make -s size >"$work/size" 2>&1
    cat "$work/size"
    cat "$work/device" 2>/dev/null
    check "SRAM is as predicted" as_predicted sram
    check "constants are as predicted" as_predicted constants
    check "the model needs nothing of the C library" \
        awk '$1 == "library" { found = $2 == 0 } END { exit !found }' "$work/size"
    version=$("${cross}gcc" -dumpfullversion)
    if grep -q "^.${cross}gcc $version " README.md; then
        check "code is as predicted" as_predicted code
        check "flash is as predicted" as_predicted flash
        check "the stack stays within its bound" \
            test "$(number stack_bytes)" -le "$(number stack_bound_bytes)"
    else
        skip "code sizes of this export are not of ${cross}gcc $version"
    fi
    cd "$root" || exit 1
}

if [ -n "${EXPORT_DIR:-}" ]; then
    cp -R "$EXPORT_DIR" "$work/export" || exit 1
    rm -rf "$work/export/build"
    test_export "$work/export"
else
    for part in stm32f746 stm32f446; do
        check "a small search finds a network for the $part" \
            ./tinynas search --mcu $part --data builtin:shapes --preset smoke --study "$work/study"
        check "its winner is exported" ./tinynas export "$work/study" --as c --name winner \
            --mcu $part --out "$work/$part"
        [ ! -d "$work/$part" ] || test_export "$work/$part"
    done
fi
finish
