#!/bin/sh
# An export's firmware on an emulated RV32IMC core (QEMU virt): builds it with every warning an
# error and without a C library, runs the test vectors.
#   scripts/test_riscv.sh EXPORT_DIR
# Prints the firmware's JSON object; the exit status is the firmware's, 0 when no byte differs.
set -eu
[ $# = 1 ] || { echo "usage: scripts/test_riscv.sh EXPORT_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cross=${CROSS:-riscv64-unknown-elf-}
flags="-march=rv32imc -mabi=ilp32 --specs=picolibc.specs -std=c99 -pedantic -Wall -Wextra -Werror -O2 -DNDEBUG
       -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns"

cd "$1"
name=$(basename "$(ls ./*_vectors.h)" _vectors.h)
# shellcheck disable=SC2046,SC2086
"${cross}gcc" $flags -nostdlib -I. -Iruntime -Ifirmware -Wl,--gc-sections -Wl,-Map="$work/map" \
    -Wl,--defsym=flash_bytes=0x1000000 -Wl,--defsym=ram_bytes=0x1000000 \
    -T "$here/tests/riscv/riscv_link.ld" "$here/tests/riscv/riscv_start.c" firmware/main.c \
    "$name.c" "${name}_weights.c" "${name}_invoke.c" $(find runtime -name '*.c') -lgcc \
    -o "$work/firmware.elf"
library=$(sh linked_bytes.sh "$work/map" "$name" "$name.h" | awk '$1 == "library" { print $2 }')
[ "$library" = 0 ] || { echo "test_riscv.sh: $library bytes of a library are linked" >&2; exit 1; }
timeout 120 qemu-system-riscv32 -M virt -bios none -m 128M -nographic -monitor none -serial none \
    -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
    -kernel "$work/firmware.elf"
