#!/bin/sh
# Spectrograms of your own (DATA), or synthetic ones, on a part (MCU) under limits (LIMITS).
set -eu
here=$(dirname "$0")
tinynas=${TINYNAS:-./tinynas}
mcu=${MCU:-stm32f446}
limits=${LIMITS:---max-flash-kib 64 --max-sram-kib 32 --max-latency-ms 40}
out=${OUT:-out/keyword-spotting}

run() { printf '\n$ %s\n' "$*"; "$@"; }

mkdir -p "$out"
if [ -z "${DATA:-}" ]; then
    DATA=$out/data
    mkdir -p "$DATA"
    ${CC:-cc} -O2 -std=c99 -Wall -Wextra "$here/make_data.c" -lm -o "$out/make_data"
    run "$out/make_data" "$DATA"
fi
run "$tinynas" data info "$DATA"
# shellcheck disable=SC2086
run "$tinynas" search --mcu "$mcu" --space spectrogram --data "$DATA" $limits --preset "${PRESET:-quick}" --study "$out/study"
run "$tinynas" export "$out/study" --as c --name kws --mcu "$mcu" --out "$out/kws"
run make -s -C "$out/kws" test
run "$tinynas" eval "$out/kws" --data "$DATA"
