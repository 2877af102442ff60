#!/bin/sh
# Recordings of your own (DATA), or synthetic ones, on a part (MCU) under limits (LIMITS).
set -eu
here=$(dirname "$0")
tinynas=${TINYNAS:-./tinynas}
mcu=${MCU:-stm32l4r5}
limits=${LIMITS:---max-flash-kib 48 --max-sram-kib 16 --max-latency-ms 20}
out=${OUT:-out/sensor}
# How recordings become samples, and who is kept apart for the test: docs/data.md.
options=${OPTIONS:---window 64 --stride 32 --split-by subject}

run() { printf '\n$ %s\n' "$*"; "$@"; }

mkdir -p "$out"
if [ -z "${DATA:-}" ]; then
    DATA=$out/data
    mkdir -p "$DATA"
    ${CC:-cc} -O2 -std=c99 -Wall -Wextra "$here/make_data.c" -lm -o "$out/make_data"
    run "$out/make_data" "$DATA"
fi
# shellcheck disable=SC2086
{
    run "$tinynas" data info "$DATA" $options
    run "$tinynas" search --mcu "$mcu" --space sensor-1d --data "$DATA" $options $limits --preset "${PRESET:-quick}" --study "$out/study"
    run "$tinynas" export "$out/study" --as c --name motion --mcu "$mcu" --out "$out/motion"
    run make -s -C "$out/motion" test
    run "$tinynas" eval "$out/study" --data "$DATA" $options
}
