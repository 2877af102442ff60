#!/bin/sh
# The tests of nn on an emulated aarch64: its kernels, and the gradients of every operator; and the
# host's int8 kernels beside plain C.
# Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user; nothing else for that
# processor, tests/emulated/check.h stands in for Check. Ends with "N passed, N failed".
set -eu
compiler=aarch64-linux-gnu-gcc
for tool in "$compiler" qemu-aarch64; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "SKIP: no $tool"
        exit 0
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=c11 -D_GNU_SOURCE -I. -Itests/emulated -O2 -Wall -Wextra -Werror"

# No BLAS, no JSON: what nn is made of, and what its tests share.
$compiler $flags -O3 -ffp-contract=fast -DTNAS_ISA=generic -c nn/kernels.c -o "$work/kernels.o"
objects="$work/kernels.o"
for source in $(ls nn/*.c | grep -v nn/kernels.c) common/alloc.c common/arena.c common/io.c common/pool.c common/processor.c \
    common/rng.c common/status.c graph/graph.c graph/model.c tests/nn_reference.c \
    tests/testing.c; do
    object=$work/$(basename "$source" .c).o
    $compiler $flags -ffp-contract=off -c "$source" -o "$object"
    objects="$objects $object"
done

# The int8 kernels: what lowers a model, the kernels of every variant, random models.
$compiler $flags -DTNAS_ISA=generic -c quant/host_kernels.c -o "$work/host_kernels.o"
int8_objects="$work/host_kernels.o"
for source in $(ls quant/*.c | grep -v quant/host_kernels.c) runtime/*.c runtime/*/*.c \
    graph/fuse.c graph/order.c graph/plan.c graph/schedule.c graph/target_*.c graph/tile.c graph/widen.c \
    common/problems.c tests/random_model.c; do
    object=$work/int8_$(basename "$source" .c).o
    $compiler $flags -ffp-contract=off -c "$source" -o "$object"
    int8_objects="$int8_objects $object"
done

for test in kernels gradients engine; do
    $compiler $flags tests/test_nn_$test.c $objects -o "$work/test_nn_$test" -lpthread -lm
    printf '#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu %s\n' "$work/test_nn_$test" \
        >"$work/aarch64_nn_$test"
    chmod +x "$work/aarch64_nn_$test"
done
$compiler $flags tests/test_variants.c $objects $int8_objects -o "$work/test_variants" -lpthread -lm
printf '#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu %s\n' "$work/test_variants" >"$work/aarch64_variants"
chmod +x "$work/aarch64_variants"
sh scripts/run_tests.sh "$work"/aarch64_*
