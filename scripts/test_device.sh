#!/bin/sh
# The winner of a search as firmware on an emulated Cortex-M7 (QEMU mps2-an500) with the
# memories of an STM32F746: same bytes as the host, flash and SRAM as predicted.
#   EXPORT_DIR   an existing export to test; without it a small search makes one
# Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS # of the make that runs this: an export builds by itself
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check SENTENCE COMMAND...: one line; what the command said when it fails.
check()
{
    sentence=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $sentence"
    else
        failed=$((failed + 1))
        echo "FAILED  $sentence"
        sed 's/^/        /' "$work/log"
    fi
}

finish()
{
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

if [ -n "${EXPORT_DIR:-}" ]; then
    cp -R "$EXPORT_DIR" "$work/export" || exit 1
    rm -rf "$work/export/build"
else
    check "a small search finds a network for the STM32F746" \
        ./tinynas search --mcu stm32f746 --data builtin:shapes --preset smoke --study "$work/study"
    check "its winner is exported" ./tinynas export "$work/study" --as c --name winner \
        --mcu stm32f746 --out "$work/export"
    [ "$failed" = 0 ] || finish
fi

cd "$work/export" || exit 1
vectors=$(ls ./*_vectors.h 2>/dev/null)
name=$(basename "$vectors" _vectors.h)
check "the folder is an export" test -f "src/$name.h"
check "the host runner builds without a warning" make -s host
check "the host runner gives the expected bytes" sh -c "build/${name}_host >'$work/host'"
check "the firmware fits 1 MiB of flash and 320 KiB of RAM" \
    make -s firmware FLASH_BYTES=1048576 RAM_BYTES=327680
check "the emulated Cortex-M7 ends with status 0" sh -c "make -s run >'$work/device'"
check "no byte differs" grep -q '"mismatches":0,' "$work/device"
crc() { sed -n 's/.*"crc":"\([0-9a-f]*\)".*/\1/p' "$1"; }
check "host and device agree on the CRC of all outputs" \
    test -n "$(crc "$work/host")" -a "$(crc "$work/host")" = "$(crc "$work/device")"

sh linked_bytes.sh "build/$name.map" "$name" "src/$name.h" >"$work/size" 2>&1
cat "$work/size"
cat "$work/device" 2>/dev/null
# as_predicted QUANTITY: linked = predicted.
as_predicted() { awk -v row="$1" '$1 == row { found = $2 == $3 } END { exit !found }' "$work/size"; }
check "SRAM is as predicted" as_predicted sram
check "constants are as predicted" as_predicted constants
check "the model needs nothing of the C library" \
    awk '$1 == "library" { found = $2 == 0 } END { exit !found }' "$work/size"
version=$(arm-none-eabi-gcc -dumpfullversion)
if grep -q "^.arm-none-eabi-gcc $version " README.md; then
    check "code is as predicted" as_predicted code
    check "flash is as predicted" as_predicted flash
else
    echo "SKIP: code sizes of this export are not of arm-none-eabi-gcc $version"
fi
finish
