#!/bin/sh
# Runs every example with little work, from the sources and as a reader would with an installed program.
# Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

. scripts/checks.sh

# run EXAMPLE: how it ends is shown.
run()
{
    PRESET=smoke OUT=$work/$1 QUICKSTART_OUT=$work/$1 LIMITS="--max-flash-kib 256" sh "examples/$1/run.sh" &&
        accuracy=$(grep '^accuracy' "$work/log" | tail -n 1)
}

for example in quickstart image-classification keyword-spotting sensor; do
    accuracy=
    check "$example" run $example
    echo "        ${accuracy:-no accuracy}"
done
finish
