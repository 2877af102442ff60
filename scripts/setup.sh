#!/bin/sh
# Installs the Debian packages that are missing for the given purposes.
#   scripts/setup.sh [build|test|device|aarch64|oracle|bench|browser|docs|package|lint]...   (default: build)
# Needs root or sudo when something is missing; otherwise it says which packages to install.
set -eu

build="gcc make pkg-config libc6-dev libopenblas-dev libcjson-dev libcsv-dev libsqlite3-dev libarchive-dev
       libturbojpeg0-dev libpng-dev libsndfile1-dev libjs-chart.js"
test="check libfftw3-dev clang libclang-rt-14-dev cmake libxml2-utils mandoc man-db zsh fish"
device="gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
        gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc"
aarch64="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
oracle="flatbuffers-compiler xz-utils"
bench="python3-torch python3-numpy"
browser="chromium"
docs="gnuplot-nox"
package="dpkg-dev lintian"
lint="clang-tidy shellcheck"

wanted=
for purpose in "${@:-build}"; do
    case $purpose in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    device) wanted="$wanted $device" ;;
    aarch64) wanted="$wanted $aarch64" ;;
    oracle)
        wanted="$wanted $oracle"
        # Not installed from here: hundreds of packages for one download.
        command -v npm >/dev/null 2>&1 ||
            echo "setup.sh: npm is not there; make test-tflite will do without TensorFlow Lite" >&2
        ;;
    bench) wanted="$wanted $bench" ;;
    browser) wanted="$wanted $browser" ;;
    docs) wanted="$wanted $docs" ;;
    package) wanted="$wanted $package" ;;
    lint) wanted="$wanted $lint" ;;
    *)
        echo "setup.sh: unknown purpose \"$purpose\": build, test, device, aarch64, oracle, bench, browser, docs, package or lint" >&2
        exit 2
        ;;
    esac
done

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "Missing packages. Please install them, then try again:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
install_missing() { $as_root apt-get install -y -qq --no-install-recommends $missing; }
install_missing >/dev/null 2>&1 || { $as_root apt-get update -qq && install_missing >/dev/null; }
