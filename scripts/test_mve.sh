#!/bin/sh
# The vector kernels of runtime/mve on an emulated Cortex-M55 (QEMU mps3-an547): random layers byte for
# byte beside plain C, whole networks and the winner of a small search beside the host, linked bytes
# beside the prediction, and instructions.
# Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=cortex-m55
cross=$(sh scripts/device_core.sh $core cross)
flags=$(sh scripts/device_core.sh $core flags)
networks="mcunet-vww1 pretrainedResnet_quant kws_ref_model vww_96_int8 ad01_int8"

. scripts/checks.sh

# emulate SHIFT ELF: an instruction takes 2^SHIFT ns of virtual time.
emulate()
{
    timeout 300 qemu-system-arm -M "$(sh scripts/device_core.sh $core board)" -nographic -monitor none \
        -serial none -chardev stdio,id=console \
        -semihosting-config enable=on,target=native,chardev=console -icount shift="$1" -kernel "$2" </dev/null
}

build_layers()
{
    cp export/templates/firmware_start_cortex_m.c.in "$work/start.c" &&
        cp export/templates/firmware_board.h.in "$work/board.h" || return 1
    # shellcheck disable=SC2086
    "${cross}gcc" $flags -Wall -Wextra -Werror -Iruntime -I"$work" -nostdlib -Wl,--gc-sections \
        -T tests/emulated/mps3_an547.ld tests/emulated/mve_layers.c "$work/start.c" \
        runtime/*.c runtime/mve/*.c -lgcc -o "$work/layers.elf"
}

run_layers()
{
    emulate 6 "$work/layers.elf" >"$work/layers"
    status=$?
    cat "$work/layers"
    return $status
}

# build_networks RUNTIME: firmware of `tinynas measure` with this board's counter and memories.
build_networks()
{
    # shellcheck disable=SC2086
    ./tinynas measure $networks --mcu stm32h743 --runtime "$1" --quiet --out "$work/$1" || return 1
    cp tests/emulated/measure_port_an547.c "$work/$1/measure_port_emulated.c"
    cp tests/emulated/mps3_an547.ld "$work/$1/emulated/link.ld"
    make -s -C "$work/$1" build/measure.elf EMULATED_FLAGS="$flags"
}

# It fails when an output is not the host's.
run_networks()
{
    emulate 0 "$work/$1/build/measure.elf" >"$work/$1.csv"
    status=$?
    [ $status = 0 ] || cat "$work/$1.csv"
    return $status
}

# run_winner: with the memories of the board, 512 KiB each.
run_winner()
{
    make -s -C "$work/export" firmware FLASH_BYTES=524288 RAM_BYTES=524288 || return 1
    emulate 0 "$work/export/build/winner.elf" >"$work/device"
    status=$?
    cat "$work/device"
    return $status
}

crc() { sed -n 's/.*"crc":"\([0-9a-f]*\)".*/\1/p' "$1"; }
as_predicted() { awk -v row="$1" '$1 == row { found = $2 == $3 } END { exit !found }' "$work/size"; }

check "the kernels and their random layers build for a Cortex-M55" build_layers
check "random layers give the bytes of plain C" run_layers
grep layers, "$work/layers"
for runtime in tinynas-mve tinynas-dsp tinynas-c; do
    check "$runtime: networks build" build_networks $runtime
    check "$runtime: networks give the bytes of the host" run_networks $runtime
done

check "a small search finds a network for a Cortex-M55" \
    ./tinynas search --mcu cortex-m55 --data builtin:shapes --preset smoke --study "$work/study"
check "its winner is exported" ./tinynas export "$work/study" --as c --name winner --mcu cortex-m55 \
    --out "$work/export"
check "it uses vector kernels" grep -q "tnrt_conv2d_1x1_s8_mve" "$work/export/src/winner.c"
check "the host runner gives the expected bytes" \
    sh -c "make -s -C '$work/export' host && '$work/export/build/winner_host' >'$work/host'"
check "the emulated Cortex-M55 gives the expected bytes" run_winner
check "host and device agree on the CRC of all outputs" \
    test -n "$(crc "$work/host")" -a "$(crc "$work/host")" = "$(crc "$work/device")"
(cd "$work/export" && sh linked_bytes.sh build/winner.map winner src/winner.h) >"$work/size" 2>&1
cat "$work/size" "$work/device"
for quantity in sram constants code flash; do
    check "$quantity is as predicted" as_predicted $quantity
done

echo
echo "random layers: instructions of plain C, with vectors, ratio"
awk 'NF == 3 && $2 > 0 { printf "%-24s %11d %10d %6.3f\n", $1, $2, $3, $3 / $2 }' "$work/layers"
echo "networks: instructions of tinynas-mve, tinynas-dsp, tinynas-c"
awk -F, '$6 == "network" { if (!($1 in seen)) order[++count] = $1; seen[$1] = seen[$1] sprintf(" %11d", $NF) }
    END { for (i = 1; i <= count; i++) printf "%-24s%s\n", order[i], seen[order[i]] }' \
    "$work/tinynas-mve.csv" "$work/tinynas-dsp.csv" "$work/tinynas-c.csv"

finish
