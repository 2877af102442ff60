#!/bin/sh
# Sounds of your own (DATA), or synthetic ones, on a part (MCU) under limits (LIMITS).
set -eu
here=$(dirname "$0")
tinynas=${TINYNAS:-./tinynas}
mcu=${MCU:-stm32f446}
limits=${LIMITS:---max-flash-kib 96 --max-sram-kib 48 --max-latency-ms 60}
out=${OUT:-out/keyword-spotting}
# What is computed of a sound before the network sees it: docs/data.md.
options=${OPTIONS:---features frames=40,bands=32}

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
    run "$tinynas" search --mcu "$mcu" --space spectrogram --data "$DATA" $options $limits --preset "${PRESET:-quick}" --study "$out/study"
    run "$tinynas" export "$out/study" --as c --name kws --mcu "$mcu" --out "$out/kws"
    run make -s -C "$out/kws" test
    run "$tinynas" eval "$out/study" --data "$DATA" $options
}
