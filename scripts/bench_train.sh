#!/bin/sh
# Training throughput beside PyTorch, then the kernels: what `make bench-train` prints.
#   bench_train.sh BUILD_FOLDER [PAIRS SECONDS]    (default: 5 pairs of 3 s, about 17 minutes)
# Nets A, B, C of $SHARED/bench_train/nets; cells as in bench/bench_train.c. The peer gets the
# set-up in which it is fastest: ATen's AVX2 kernels and a malloc that keeps its memory.
set -eu
build=$1
pairs=${2:-5}
seconds=${3:-3}
nets=${SHARED:-../shared}/bench_train/nets

if [ ! -d "$nets" ]; then
    echo "SKIP: bench_train/nets is not there"
    exit 0
fi

python=
for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c 'import torch' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || echo "SKIP: no torch (Debian: python3-torch), only our own figures"

# cells NET THREADS MODES
cells()
{
    set -- "$1" "$2" "$3" "$pairs" "$seconds"
    if [ -z "$python" ]; then
        "$build/bench/bench_train" "$nets" "$1" "$3" "$2" "$4" "$5"
    else
        "$build/bench/bench_train" "$nets" "$1" "$3" "$2" "$4" "$5" env MALLOC_MMAP_MAX_=0 \
            MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 \
            ATEN_CPU_CAPABILITY=avx2 "$python" bench/torch_peer.py "$nets" "$1" "$2"
    fi
}

echo "# bench-train NET MODE THREADS ours_images_per_s torch_images_per_s ratio"
for net in A B C; do
    cells "$net" 2 mid,max3,random,sandwich,fwd:mid
done
for net in A B C; do
    cells "$net" 1 mid,max3,random,sandwich
done
echo "# bench-kernels LAYER forward_gflops share data_gflops share weights_gflops share"
"$build/bench/bench_kernels"
