#!/bin/sh
# Installs below a scratch folder and uses only what was installed: the program from another folder,
# the library through pkg-config, manuals, completion. Then the Debian packages, their contents and
# dependencies. Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS TINYNAS_HOME
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}

. scripts/checks.sh

# Nothing but the given words: no variable of the caller, and a folder that holds nothing.
mkdir "$work/elsewhere"
alone() { (cd "$work/elsewhere" && env -i PATH=/usr/bin:/bin "$@"); }
files() { (cd "$1" && find . ! -type d | LC_ALL=C sort); }
same() { [ "$1" = "$2" ] || { printf '%s\n---\n%s\n' "$1" "$2"; false; }; }
no_file_names() { ! grep -rlF "$2" "$1"; }

# use_installed PREFIX LIBDIR: program and manuals.
use_installed()
{
    check "the program runs from another folder" alone "$1/bin/tinynas" estimate mcunet-in1 --mcu stm32h743
    check "it lists the shipped parts" sh -c "cd / && env -i '$1/bin/tinynas' mcu list | grep -q ^stm32f746"
    check "it says its version" same "$(alone "$1/bin/tinynas" --version)" "$("$root/tinynas" --version)"
    check "man finds the manual of a command" sh -c "MANPAGER=cat man -M '$1/share/man' tinynas-search | grep -q -- --preset"
    check "bash finds its completion" bash -c ". '$1/share/bash-completion/completions/tinynas' && complete -p tinynas"
    for page in "$1"/share/man/man1/*; do
        check "no warning about $(basename "$page")" sh -c "LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -l '$page' 2>&1 >/dev/null | { ! grep .; }"
    done
}

# use_library PREFIX LIBDIR: a program of its own, through pkg-config only.
use_library()
{
    cp "$1/share/doc/tinynas/examples/library/price.c" "$work/elsewhere/"
    check "a program is compiled with pkg-config's words alone" sh -c "cd '$work/elsewhere' &&
        export PKG_CONFIG_PATH='$2/pkgconfig' &&
        $cc -std=c99 -Wall -Wextra -Werror -o price price.c \$(pkg-config --cflags --libs tinynas)"
    check "and as C++" sh -c "cd '$work/elsewhere' &&
        export PKG_CONFIG_PATH='$2/pkgconfig' &&
        $cc -x c++ -std=c++11 -Wall -Wextra -Werror -c -o /dev/null price.c \$(pkg-config --cflags tinynas)"
    check "it runs, and compares with shipped measurements" sh -c "cd '$work/elsewhere' && env -i ./price mcunet-in1 stm32h743 tinyengine \
        '$1/share/tinynas/configs/measurements/tinyengine_h743_f746.csv' | grep -q '^8 rows, mean error'"
    check "a failure ends with the program's exit code" sh -c "cd '$work/elsewhere' && env -i ./price nothing stm32h743 tinynas; test \$? = 2"
}

prefix=$work/prefix
check "make install" make -s install PREFIX="$prefix"
use_installed "$prefix"
use_library "$prefix" "$prefix/lib"
check "no installed file but the library's debugging lines names the sources' folder" \
    no_file_names "$prefix/share" "$root"
check "the pkg-config file has the program's version" \
    same "tinynas $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --modversion tinynas)" "$(./tinynas --version)"
before=$(files "$prefix")

check "make install with DESTDIR" make -s install DESTDIR="$work/stage" PREFIX=/usr
check "DESTDIR has the same files" same "$(files "$work/stage/usr")" "$before"
check "and nothing outside /usr" same "$(ls "$work/stage")" usr
check "DESTDIR is in no file" no_file_names "$work/stage" "$work/stage"
check "a second make install changes no name" sh -c "make -s install DESTDIR='$work/stage' PREFIX=/usr"
check "the files are the same" same "$(files "$work/stage/usr")" "$before"
touch "$work/stage/usr/bin/other"
check "make uninstall" make -s uninstall DESTDIR="$work/stage" PREFIX=/usr
check "leaves the files of others alone" same "$(files "$work/stage")" ./usr/bin/other

if command -v dpkg-deb >/dev/null 2>&1 && command -v dpkg-shlibdeps >/dev/null 2>&1; then
    check "make deb" sh scripts/deb.sh "$work/deb"
    cp -R "$work/deb" "$work/deb1"
    check "make deb again" sh scripts/deb.sh "$work/deb"
    check "gives the same bytes" diff -r "$work/deb1" "$work/deb"
    for package in "$work"/deb/*.deb; do
        name=$(dpkg-deb -f "$package" Package)
        check "$name unpacks" dpkg-deb -x "$package" "$work/unpacked"
        check "$name has this version" same "tinynas $(dpkg-deb -f "$package" Version)" "$(./tinynas --version)"
        check "$name has the licence of the Chart.js that it carries" \
            grep -q 'Chart.js Contributors' "$work/unpacked/usr/share/doc/$name/copyright"
        if command -v lintian >/dev/null 2>&1; then
            check "lintian finds nothing about $name" sh -c "lintian --allow-root --fail-on error,warning '$package' | { ! grep .; }"
        else
            skip "lintian is not installed"
        fi
    done
    depends=$(dpkg-deb -f "$work"/deb/tinynas_*.deb Depends)
    for library in $(ldd "$work/unpacked/usr/bin/tinynas" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'); do
        case $library in */libopenblas* | */libcjson* | */libcsv* | */libsqlite3* | */libarchive* | */libturbojpeg* | */libpng* | */libsndfile*) ;; *) continue ;; esac
        soname=$(basename "$library" | sed 's/\.so\..*//')
        check "the package depends on that of $soname" sh -c "echo '$depends' | grep -q '${soname}'"
        developed=$(dpkg-deb -f "$work"/deb/libtinynas-dev_*.deb Depends | tr -d ' ' | tr ',' '\n' | grep "^${soname%%[0-9]*}.*-dev$")
        check "and the library's on its headers" test -n "$developed"
    done
    use_installed "$work/unpacked/usr"
    check "both packages together have what make install has" \
        same "$(files "$work/unpacked/usr" | grep -v 'share/doc\|share/man\|/lib/')" \
        "$(echo "$before" | grep -v 'share/doc\|share/man\|/lib/')"
else
    skip "dpkg-dev is not installed (scripts/setup.sh package)"
fi
finish
