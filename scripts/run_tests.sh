#!/bin/sh
# Runs the given Check programs, as many at a time as there are processors (TEST_JOBS), and ends with
# "N passed, N failed".
set -u

# run_one FOLDER PROGRAM: one line on standard output; FOLDER/NAME.log, and FOLDER/NAME.count with
# what passed and failed.
run_one()
{
    name=$(basename "$2")
    log=$1/$name.log
    started=$(date +%s)
    "$2" >"$log" 2>&1
    status=$?
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    checks=$(echo "$line" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
    bad=$(echo "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 + \2/p')
    bad=$((${bad:-1}))
    checks=${checks:-0}
    [ $status = 0 ] || [ $bad -gt 0 ] || bad=1
    echo "$((checks - bad)) $bad" >"$1/$name.count"
    printf '%-28s %4d checks, %d failed, %ds\n' "$name" "$checks" "$bad" \
        "$(($(date +%s) - started))"
}

if [ "${1:-}" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Tests have time limits against hanging, not against a busy machine.
CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-4}
export CK_TIMEOUT_MULTIPLIER
printf '%s\n' "$@" | xargs -P "${TEST_JOBS:-$(nproc)}" -I PROGRAM sh "$0" --one "$folder" PROGRAM
for log in "$folder"/*.log; do
    read -r passed failed <"${log%.log}.count"
    [ "$failed" = 0 ] || cat "$log"
done
grep -h '^SKIP' "$folder"/*.log | sort | uniq -c | sed 's/^ *1 SKIP/SKIP/; s/^ *\([0-9]*\) SKIP\(.*\)/SKIP\2 (\1 times)/'
awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }' \
    "$folder"/*.count
