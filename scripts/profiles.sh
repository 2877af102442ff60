#!/bin/sh
# Writes configs/graphs (published networks) and fits the latency models of configs/mcus again
# from configs/measurements. The same files give the same bytes. Run by `make profiles`.
set -eu
cd "$(dirname "$0")/.."
cc=${CC:-gcc}
out=build/$(basename "$cc")-release
packages="openblas libcjson sqlite3 libarchive"
flags="-std=c11 -D_GNU_SOURCE -I. -O2 -ffp-contract=off"
mkdir -p "$out/tools" configs/graphs
for tool in published_nets fit_profiles; do
    # shellcheck disable=SC2046,SC2086
    "$cc" $flags $(pkg-config --cflags $packages) "tools/$tool.c" "$out/libtinynas.a" \
        -o "$out/tools/$tool" $(pkg-config --libs $packages) -lcsv -lpthread -lm
done
"$out/tools/published_nets" configs/graphs
# Profiles are found in the tree, not beside an installed program.
TINYNAS_HOME=. OPENBLAS_NUM_THREADS=1 "$out/tools/fit_profiles" configs/mcus/*.json
