#!/bin/sh
# Counts the instructions of the runtime's kernels on an emulated Cortex-M7 (QEMU mps2-an500):
#   scripts/count_instructions.sh >OUT.csv
# Standard output is a CSV of layers; standard error tells, per operator kind, the geometric
# mean of our instructions over CMSIS-NN's for the same layers (bench/device/cmsis_nn.csv).
# Compiler's flags, start-up and linker script are those of an export's firmware.
set -eu
export LC_ALL=C

cross=${CROSS:-arm-none-eabi-}
qemu=${QEMU:-qemu-system-arm}
for tool in "${cross}gcc" "$qemu"; do
    command -v "$tool" >/dev/null || { echo "count_instructions.sh: $tool is not installed" >&2; exit 1; }
done
flags=$(sh scripts/device_core.sh cortex-m7 flags)

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for file in start.c board.h link.ld; do
    cp "export/templates/firmware_$file.in" "$build/$file"
done

# shellcheck disable=SC2086
"${cross}gcc" $flags -Wall -Wextra -Werror -Iruntime -I"$build" -nostartfiles -Wl,--gc-sections \
    -Wl,--defsym=flash_bytes=0x400000 -Wl,--defsym=ram_bytes=0x400000 \
    -Wl,--defsym=stack_bytes=4096 -T "$build/link.ld" \
    bench/device/count_layers.c "$build/start.c" runtime/*.c -o "$build/count.elf"

timeout 300 "$qemu" -M mps2-an500 -nographic -monitor none -serial none \
    -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
    -icount shift=6 -kernel "$build/count.elf" </dev/null >"$build/rows" ||
    { echo "count_instructions.sh: the firmware failed or took over 300 s" >&2; exit 1; }

awk 'BEGIN { print "layer,instructions,macs,instructions_per_mac" }
     { printf "%s,%d,%d,%.3f\n", $1, $2, $3, $2 / $3 }' "$build/rows" | tee "$build/out.csv"

awk -F, '
    FNR == 1 { next }
    NR == FNR { ours[$1] = $2; next }
    !($2 in ours) { print "count_instructions.sh: no layer " $2 > "/dev/stderr"; exit 1 }
    { if (!count[$1]++) order[++kinds] = $1; logs[$1] += log(ours[$2] / $3) }
    END { for (i = 1; i <= kinds; i++)
              printf "%-6s %.2f times CMSIS-NN (%d layers)\n", order[i],
                  exp(logs[order[i]] / count[order[i]]), count[order[i]] }' \
    "$build/out.csv" bench/device/cmsis_nn.csv >&2
