#!/bin/sh
# Runs the given Check programs one after another and ends with "N passed, N failed".
set -u
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    started=$(date +%s)
    "$program" >"$log" 2>&1
    status=$?
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    checks=$(echo "$line" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
    bad=$(echo "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 + \2/p')
    bad=$((${bad:-1}))
    checks=${checks:-0}
    [ $status = 0 ] || [ $bad -gt 0 ] || bad=1
    passed=$((passed + checks - bad))
    failed=$((failed + bad))
    printf '%-28s %4d checks, %d failed, %ds\n' "$(basename "$program")" "$checks" "$bad" \
        "$(($(date +%s) - started))"
    grep '^SKIP' "$log"
    if [ $status != 0 ] || [ $bad -gt 0 ]; then
        cat "$log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
