#!/bin/sh
# Our int8 networks beside the TensorFlow Lite C library, byte for byte, and flatc's reading of a
# file that we write.
#   scripts/test_tflite.sh ORACLE [FOLDER]
# ORACLE is the program (tests/oracle/oracle_tflite.c). The library is fetched once into FOLDER
# (build/tflite), from the npm package that carries it; of the package nothing else is used and
# nothing is run. $SHARED/models and $SHARED/data add real networks. Ends with "N passed, N failed".
set -u
oracle=$1
folder=${2:-build/tflite}
shared=${SHARED:-../shared}
package=tfjs-tflite-node
version=0.0.2
here=$(dirname "$0")/..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say=all
. scripts/checks.sh

case $(uname -m) in
x86_64) part=linux_amd64 ;;
aarch64) part=linux_arm64 ;;
*) part= ;;
esac
library=$folder/package/cc_deps/$part/libtensorflowlite_c.so

fetch()
{
    mkdir -p "$folder" && (cd "$folder" &&
        timeout 300 npm pack --loglevel error --ignore-scripts "$package@$version" >/dev/null 2>npm.log &&
        tar -xzf "$package-$version.tgz")
}

# ---- A file of ours, read by flatc ----

# The operators of the JSON that flatc prints, one name a line, in the file's order.
flat_operators()
{
    sed -n 's/^      "code": "\{0,1\}\([A-Z_0-9]*\)"\{0,1\}$/\1/p' "$1"
}

read_by_flatc()
{
    flatc --json --strict-json --defaults-json -o "$work/first" "$here/tests/oracle/tflite.fbs" \
        -- "$1" || return 1
    json=$work/first/$(basename "$1" .tflite).json
    for line in '^  "version": 3,$' '^  "description": "classes: ' '^          "type": "INT8",$' \
        '^          "name": "input",$' '^            "padding": "SAME",$'; do
        grep -q "$line" "$json" || { echo "flatc's JSON has no line $line"; return 1; }
    done
    flat_operators "$json" >"$work/operators"
    [ -s "$work/operators" ] && ! grep -q '^[0-9]' "$work/operators" ||
        { echo "an operator that the schema does not know"; return 1; }
    # What flatc writes of it says the same again: no byte lies outside the schema.
    flatc --binary -o "$work" "$here/tests/oracle/tflite.fbs" "$json" &&
        flatc --json --strict-json --defaults-json -o "$work/second" \
            "$here/tests/oracle/tflite.fbs" -- "$work/$(basename "$json" .json).tflite" &&
        cmp "$json" "$work/second/$(basename "$json")"
}

command=${TINYNAS:-./tinynas}
check "a small search finds a network" "$command" search --mcu stm32f746 --data builtin:shapes \
    --preset smoke --seed 1 --study "$work/study" --quiet
check "its winner is written as .tflite" "$command" export "$work/study" --as tflite \
    --name winner --out "$work"
if command -v flatc >/dev/null 2>&1; then
    check "flatc reads it by a schema of its own" read_by_flatc "$work/winner.tflite"
else
    skip "flatc is not installed (scripts/setup.sh oracle)"
fi

# ---- TensorFlow Lite ----

if [ ! -f "$library" ]; then
    if [ -z "$part" ]; then
        skip "TensorFlow Lite: the library is there for x86_64 and aarch64 alone"
        finish
    elif ! command -v npm >/dev/null 2>&1; then
        skip "TensorFlow Lite: npm is not installed"
        finish
    elif ! fetch || [ ! -f "$library" ]; then
        skip "TensorFlow Lite: npm cannot deliver $package $version: $(head -n 1 "$folder/npm.log")"
        finish
    fi
fi
check "layers of every kind: at most 1 apart, and equal where it rounds twice" \
    "$oracle" "$library" layers
check "random networks, equal where it rounds twice" "$oracle" "$library" models
check "the winner, on its test images" \
    "$oracle" "$library" images builtin:shapes "$work/winner.tflite"

models=$shared/models
if [ -f "$models/ad01_int8.tflite" ]; then
    check "real networks on 1,000 random inputs each" "$oracle" "$library" files 1000 \
        "$models/kws_ref_model.tflite" "$models/ad01_int8.tflite"
    cifar=$shared/data/cifar10/test_batch.bin.xz
    if command -v xz >/dev/null 2>&1 && [ -f "$cifar" ]; then
        xz -dc "$cifar" >"$work/pictures.bin"
        check "real networks on 1,000 pictures each" "$oracle" "$library" pictures \
            "$work/pictures.bin" "$models/pretrainedResnet_quant.tflite" \
            "$models/vww_96_int8.tflite" "$models/mcunet-vww1.tflite"
    else
        skip "networks on pictures: no $cifar, or no xz"
    fi
else
    skip "real networks: no $models"
fi
finish
