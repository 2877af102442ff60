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
    run=$1 url=file://$2
    shift 2
    timeout 120 "$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --enable-logging=stderr --v=0 "$@" "$url" >"$work/$run.dom" 2>"$work/$run.log"
}

# drive FILE.html: driven.html is the page with the driver behind it. Nothing is painted while the DOM is
# dumped, so timers stand in for frames.
drive()
{
    timers='<script>window.requestAnimationFrame = (run) => setTimeout(() => run(performance.now()), 16);</script>'
    { sed "s|^<head>$|&$timers|" "$1"; echo "<script>"; cat tests/report_browser.js; echo "</script>"; } >"$work/driven.html"
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
    drive "$page"
    browse "$name" "$work/driven.html" --window-size="$size" --virtual-time-budget=5000 --dump-dom "$@"
    sed -n '/<pre id="seen">/,/<\/pre>/p' "$work/$name.dom" | sed 's/<[^>]*>//g; /^[0-9]*$/d; s/^/'"$name"': /' >"$work/seen"
    cat "$work/seen"
    [ -s "$work/seen" ] || { echo "FAILED  $name: the page did not answer"; failed=1; }
    grep -q FAILED "$work/seen" && failed=1
    return 0
}

# opens NAME FILE.html: in less than 2 s on the clock of the wall, up to the last chart
opens()
{
    drive "$2"
    browse timed "$work/driven.html" --window-size=1280,900 --dump-dom
    took=$(sed -n 's/.*<pre id="opened">\([0-9]*\)<.*/\1/p' "$work/timed.dom")
    echo "$1: opened in ${took:-?} ms"
    [ "${took:-9999}" -lt 2000 ] || { echo "FAILED  $1: not in 2 s"; failed=1; }
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
    opens "$name" "$page"
    [ "$name" = smoke ] || try "$name" "$page" 1280 5400
done
[ $failed = 0 ] && echo "test-report: the pages in $reports say nothing on the console and answer clicks and keys"
exit $failed
