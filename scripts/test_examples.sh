#!/bin/sh
# Runs every example with little work, from the sources and as a reader would with an installed program.
# Ends with "N passed, N failed".
set -u
unset MAKEFLAGS MFLAGS CFLAGS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
for example in quickstart image-classification keyword-spotting sensor; do
    if PRESET=smoke OUT=$work/$example QUICKSTART_OUT=$work/$example LIMITS="--max-flash-kib 256" \
        sh examples/$example/run.sh >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $example: $(grep '^accuracy' "$work/log" | tail -n 1)"
    else
        failed=$((failed + 1))
        echo "FAILED  $example"
        sed 's/^/        /' "$work/log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
