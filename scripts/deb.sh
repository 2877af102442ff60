#!/bin/sh
# Builds the Debian packages tinynas (program, configuration, manuals) and libtinynas-dev (library,
# header) of this version and architecture: scripts/deb.sh FOLDER
# Dependencies are those of the libraries that the program links; the same sources give the same bytes.
set -eu

folder=$1
version=$(sed -n 's/^#define TNAS_VERSION  *"\(.*\)"/\1/p' common/version.h)
date=$(sed -n 's/^#define TNAS_VERSION_DATE  *"\(.*\)".*/\1/p' common/version.h)
arch=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
SOURCE_DATE_EPOCH=$(date -u -d "$date" +%s)
export SOURCE_DATE_EPOCH
maintainer=${DEBFULLNAME:-The tinynas developers}" <${DEBEMAIL:-maintainers@tinynas.invalid}>"
chart_licence=${CHART_LICENCE:-$(sed -n 's/^CHART_LICENCE *?= *//p' Makefile)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$work/tinynas
library=$work/libtinynas-dev

unset MAKEFLAGS MFLAGS
make -s all
make -s install DESTDIR="$program" PREFIX=/usr LIBDIR="/usr/lib/$triplet" >/dev/null
strip --strip-unneeded "$program/usr/bin/tinynas"
mkdir -p "$library/usr/share/doc/libtinynas-dev"
mv "$program/usr/lib" "$program/usr/include" "$library/usr/"
strip --strip-debug --enable-deterministic-archives "$library/usr/lib/$triplet/libtinynas.a"
gzip -9n "$program"/usr/share/man/man1/*.1

# Policy wants licence and changes under these names.
cat >"$work/changelog" <<EOF
tinynas ($version) unstable; urgency=medium

  * Version $version; upstream's changes are in CHANGELOG.md.

 -- $maintainer  $(LC_ALL=C date -u -R -d "$date")
EOF
doc=$program/usr/share/doc/tinynas
ln -sf copyright "$doc/LICENSE"
for place in "$doc" "$library/usr/share/doc/libtinynas-dev"; do
    gzip -9nc "$work/changelog" >"$place/changelog.gz"
    # Program and library carry the plotting library of the report's page.
    { cat LICENSE && printf '\nThe licence of that Chart.js, as Debian states it:\n\n' && cat "$chart_licence"; } >"$place/copyright"
done

# What the program links, as package names and versions.
mkdir -p "$work/sources/debian"
printf 'Source: tinynas\n\nPackage: tinynas\nArchitecture: any\n' >"$work/sources/debian/control"
depends=$(cd "$work/sources" && dpkg-shlibdeps -O "$program/usr/bin/tinynas" 2>/dev/null |
    sed 's/^shlibs:Depends=//')
# The same libraries to build with: those that scripts/setup.sh installs.
headers=$(sed -n '/^build="/,/"$/p' scripts/setup.sh | tr '"\n' '  ' | tr ' ' '\n' | grep '^lib.*-dev$' |
    grep -v '^libc6-dev$' | paste -s -d , | sed 's/,/, /g')

# control PACKAGE SECTION DEPENDS SUMMARY; the rest of the description on standard input.
control()
{
    mkdir -p "$work/$1/DEBIAN"
    find "$work/$1/usr" -type d -exec chmod 755 {} +
    find "$work/$1/usr" -type f -exec chmod go-w {} +
    find "$work/$1/usr" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    (cd "$work/$1" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
    {
        printf 'Package: %s\nSource: tinynas\nVersion: %s\nArchitecture: %s\n' "$1" "$version" "$arch"
        printf 'Maintainer: %s\nSection: %s\nPriority: optional\n' "$maintainer" "$2"
        printf 'Installed-Size: %s\nDepends: %s\n' "$(du -sk "$work/$1/usr" | cut -f1)" "$3"
        printf 'Description: %s\n' "$4"
        sed 's/^$/./; s/^/ /'
    } >"$work/$1/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$work/$1" "$folder/$1_${version}_$arch.deb" >/dev/null
    echo "$folder/$1_${version}_$arch.deb"
}

mkdir -p "$folder"
control tinynas science "$depends" "neural architecture search for microcontrollers" <<'EOF'
Finds neural networks that fit the flash, SRAM and latency limits of a
microcontroller, trains them on your own data, makes them int8 and writes
them as C99 without heap or interpreter, or as a .tflite file. Estimates of
memory are exact, those of latency have an interval and a source; both can be
compared with measurements of a board and fitted to them.
EOF
control libtinynas-dev libdevel "tinynas (= $version), $headers" "neural architecture search for microcontrollers - library" <<'EOF'
The functions of tinynas for programs of your own: price a network on a
microcontroller, compare the latency model with board measurements, search for
a network, export one.

A static library, its header and its pkg-config file. Profiles of parts and
search spaces are in the package tinynas.
EOF
