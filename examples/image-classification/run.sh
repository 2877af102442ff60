#!/bin/sh
# Images of your own (DATA), or the built-in ones, on a part (MCU) under limits (LIMITS).
set -eu
tinynas=${TINYNAS:-./tinynas}
data=${DATA:-builtin:shapes}
mcu=${MCU:-stm32f746}
limits=${LIMITS:---max-flash-kib 64 --max-sram-kib 48 --max-latency-ms 30}
out=${OUT:-out/image-classification}

run() { printf '\n$ %s\n' "$*"; "$@"; }

# The space small-image keeps the data's own size; for pictures of 48 pixels and more take mcunet.
space=${SPACE:-small-image}
run "$tinynas" data info "$data"
# shellcheck disable=SC2086
run "$tinynas" space --mcu "$mcu" --space "$space" --data "$data" $limits --samples 200
# shellcheck disable=SC2086
run "$tinynas" search --mcu "$mcu" --space "$space" --data "$data" $limits --preset "${PRESET:-quick}" --study "$out/study"
run "$tinynas" export "$out/study" --as c --name net --mcu "$mcu" --out "$out/net"
run "$tinynas" export "$out/study" --as tflite --name net --mcu "$mcu" --out "$out"
run make -s -C "$out/net" test
