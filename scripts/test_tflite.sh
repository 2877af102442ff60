#!/bin/sh
# Our int8 networks beside the TensorFlow Lite C library, byte for byte.
#   scripts/test_tflite.sh ORACLE [FOLDER]
# ORACLE is the program; the library is fetched once into FOLDER (build/tflite), from the npm package
# that carries it; nothing of the package is run but the library. TINYNAS is the program under test.
set -eu
oracle=$1
folder=${2:-build/tflite}
package=tfjs-tflite-node
version=0.0.2

case $(uname -m) in
x86_64) part=linux_amd64 ;;
aarch64) part=linux_arm64 ;;
*) part= ;;
esac
library=$folder/package/cc_deps/$part/libtensorflowlite_c.so

skip() {
    echo "SKIP test-tflite: $1"
    exit 0
}

fetch() {
    [ -n "$part" ] || skip "the library is there for x86_64 and aarch64 alone"
    command -v npm >/dev/null 2>&1 || skip "npm is not installed"
    mkdir -p "$folder"
    (cd "$folder" && npm pack --loglevel error --ignore-scripts "$package@$version" >/dev/null 2>npm.log) ||
        skip "npm cannot deliver $package $version: $(tail -n 1 "$folder/npm.log")"
    tar -xzf "$folder/$package-$version.tgz" -C "$folder"
}
[ -f "$library" ] || fetch
[ -f "$library" ] || skip "$package $version has no library for $part"

"$oracle" "$library" layers
"$oracle" "$library" models
