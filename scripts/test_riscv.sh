#!/bin/sh
# An export's firmware on an emulated RV32IMC core (QEMU virt): builds it with every warning an
# error and without a C library, runs the test vectors.
#   scripts/test_riscv.sh EXPORT_DIR
# Prints linked bytes beside the predicted ones and the firmware's JSON object; the exit status is the firmware's, 0 when no byte differs.
set -eu
[ $# = 1 ] || { echo "usage: scripts/test_riscv.sh EXPORT_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cross=${CROSS:-riscv64-unknown-elf-}
flags="$(sh "$here/scripts/device_core.sh" rv32imc flags) -pedantic -Wall -Wextra -Werror"

cd "$1"
export=$(pwd)
name=$(basename "$(ls ./*_vectors.h)" _vectors.h)
sources="$(find "$export" -path "$export/runtime/*" -name '*.c') $here/tests/riscv/riscv_start.c"
for part in "$name" "${name}_weights" "${name}_invoke" firmware/main; do
    sources="$sources $export/$part.c"
done
# shellcheck disable=SC2086
(cd "$work" && "${cross}gcc" $flags -I"$export" -I"$export/runtime" -I"$export/firmware" -c $sources)
# shellcheck disable=SC2086
"${cross}gcc" $flags -nostdlib -Wl,--gc-sections -Wl,-Map="$work/map" \
    -Wl,--defsym=flash_bytes=0x1000000 -Wl,--defsym=ram_bytes=0x1000000 \
    -T "$here/tests/riscv/riscv_link.ld" "$work"/*.o -lgcc -o "$work/firmware.elf"
sh linked_bytes.sh "$work/map" "$name" "$name.h" | tee "$work/bytes"
library=$(awk '$1 == "library" { print $2 }' "$work/bytes")
[ "$library" = 0 ] || { echo "test_riscv.sh: $library bytes of a library are linked" >&2; exit 1; }
timeout 120 qemu-system-riscv32 -M virt -bios none -m 128M -nographic -monitor none -serial none \
    -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
    -kernel "$work/firmware.elf"
