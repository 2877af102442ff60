#!/bin/sh
# A report in a headless Chromium: opens without a word on the console, in light and dark and on a phone, and answers
# clicks and keys (tests/report_browser.js). The reports: a smoke search's, and those that tests/test_report leaves in
# REPORTS, the first argument. Pictures stay in build/report. Without chromium it says that it skips.
set -u
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "SKIP    test-report: chromium is not there (apt-get install chromium)"
    exit 0
}
reports=$1
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# browse NAME FILE.html FLAGS...: leaves NAME.dom and NAME.log
browse()
{
    name=$1 page=$2
    shift 2
    timeout 120 "$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --enable-logging=stderr --v=0 "$@" "file://$page" >"$work/$name.dom" 2>"$work/$name.log"
}

# try NAME FILE.html WIDTH HEIGHT FLAGS...
try()
{
    name=$1 page=$2 size=$3,$4
    shift 4
    browse "$name" "$page" --window-size="$size" --screenshot="$reports/$name.png" "$@"
    if grep -q CONSOLE "$work/$name.log"; then
        grep CONSOLE "$work/$name.log"
        failed=1
    fi
    { cat "$page"; echo "<script>"; cat tests/report_browser.js; echo "</script>"; } >"$work/driven.html"
    browse "$name" "$work/driven.html" --window-size="$size" --dump-dom "$@"
    sed -n '/<pre id="seen">/,/<\/pre>/p' "$work/$name.dom" | sed 's/<[^>]*>//g; /^$/d; s/^/'"$name"': /' >"$work/seen"
    cat "$work/seen"
    [ -s "$work/seen" ] || { echo "FAILED  $name: the page did not answer"; failed=1; }
    grep -q FAILED "$work/seen" && failed=1
    return 0
}

mkdir -p "$reports"
./tinynas search --mcu stm32h743 --preset smoke --finalists 2 --study "$work/smoke" --quiet >/dev/null &&
    ./tinynas report "$work/smoke" --out "$reports/smoke.html" >/dev/null || exit 1
reports=$(cd "$reports" && pwd)
try light "$reports/smoke.html" 1280 5400
try dark "$reports/smoke.html" 1280 5400 --blink-settings=preferredColorScheme=0
try phone "$reports/smoke.html" 500 7600
for page in "$reports"/*.html; do
    name=$(basename "$page" .html)
    [ "$name" = smoke ] || try "$name" "$page" 1280 5400
done
[ $failed = 0 ] && echo "test-report: the pages in $reports say nothing on the console and answer clicks and keys"
exit $failed
