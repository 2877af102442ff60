#!/bin/sh
# The whole way on built-in data: search under tight limits, export as C, build it, run it on the
# whole test set and on its test vectors, compare bytes with a linked Cortex-M7 image, compare the
# latency model with shipped board measurements. Every claim is checked; any mismatch ends in 1.
#   TINYNAS=tinynas   an installed program; CONFIGS=/usr/share/tinynas/configs with it
#   PRESET=smoke      less work
set -eu

out=${QUICKSTART_OUT:-out/quickstart}
mcu=stm32h743
data=builtin:shapes
cc=${CC:-cc}
tinynas=${TINYNAS:-./tinynas}
preset=${PRESET:-quick}
configs=${CONFIGS:-configs}

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
# One number or text of a flat JSON file: json FILE KEY
json() { sed -n "s/^[[:space:]]*\"$2\":[[:space:]]*\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | head -n 1; }

rm -rf "$out"
mkdir -p "$out"

say "search: $data, limits that bite"
set -- "$tinynas" search --mcu $mcu --data $data --preset "$preset" \
    --max-flash-kib 20 --max-sram-kib 12 --max-latency-ms 12 --study "$out/study"
run "$@"
# The finished study answers the same question again, now as JSON.
"$@" --format json --quiet >"$out/search.json"

say "export: C99"
run "$tinynas" export "$out/study" --as c --name shapes --mcu $mcu --out "$out/shapes"
run make -s -C "$out/shapes" CC="$cc" CFLAGS="-std=c99 -pedantic -Wall -Wextra -Werror -O2" host

say "run: the exported C on its test vectors and on the whole test set"
run "$out/shapes/build/shapes_host"
run "$tinynas" eval "$out/shapes" --data $data --format json >"$out/eval.json"
reported=$(json "$out/search.json" accuracy_int8)
measured=$(json "$out/eval.json" accuracy)
echo "int8 accuracy: reported $reported, exported C $measured"
[ "$reported" = "$measured" ] || { echo "the accuracies differ" >&2; exit 1; }

say "bytes: predicted and linked for a Cortex-M7"
if command -v arm-none-eabi-gcc >/dev/null 2>&1; then
    run make -s -C "$out/shapes" size
else
    echo "predicted: flash $(json "$out/search.json" flash_bytes), SRAM $(json "$out/search.json" sram_bytes) bytes"
    echo "no arm-none-eabi-gcc here (scripts/setup.sh device installs it): not linked"
fi

say "latency: the model against published board measurements"
"$tinynas" compare --mcu $mcu --runtime tinyengine \
    --measurements "$configs"/measurements/tinyengine_h743_f746.csv | grep -E '^(model|all|MACs)'

say "done"
echo "The exported C is in $out/shapes; its README.md says how to use it on a device."
echo "Next, your own data: README.md, section \"Your own data\"."
