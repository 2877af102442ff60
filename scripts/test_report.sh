#!/bin/sh
# A report in a headless Chromium: opens without a word on the console, in light and dark and on a phone, and answers
# clicks and keys (tests/report_browser.js). The reports: a smoke search's, and those that tests/test_report leaves in
# REPORTS, the first argument. Pictures stay there. Without chromium it says that it skips.
#   scripts/test_report.sh REPORTS          drives all pages
#   scripts/test_report.sh REPORTS opens    times the one of 3,000 candidates
set -u
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "SKIP    test-report: chromium is not there (scripts/setup.sh browser)"
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

# frame FILE.html WIDTH HEIGHT OUT.html: the page on a screen so wide, for no window is as narrow as a phone
frame()
{
    cat >"$4" <<EOF
<!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin: 0">
<iframe src="file://$1" style="width: $2px; height: $3px; border: 0"></iframe>
<script>addEventListener("message", (event) => {
  const seen = document.body.appendChild(document.createElement("pre"));
  seen.id = "seen";
  seen.textContent = event.data;
});</script>
EOF
}

# try NAME FILE.html WIDTH HEIGHT FLAGS...
try()
{
    name=$1 page=$2 size=$3,$4 shown=$2 driven=$work/driven.html
    if [ "$3" -lt 500 ]; then
        shown=$work/shown.html driven=$work/framed.html
        frame "$page" "$3" "$4" "$shown"
        frame "$work/driven.html" "$3" "$4" "$driven"
    fi
    shift 4
    browse "$name" "$shown" --window-size="$size" --screenshot="$reports/$name.png" "$@"
    if grep -q CONSOLE "$work/$name.log"; then
        grep CONSOLE "$work/$name.log"
        failed=1
    fi
    drive "$page"
    browse "$name" "$driven" --window-size="$size" --virtual-time-budget=5000 --dump-dom "$@"
    sed -n '/<pre id="seen">/,/<\/pre>/p' "$work/$name.dom" | sed 's/<[^>]*>//g; /^[0-9]*$/d; s/^/'"$name"': /' >"$work/seen"
    cat "$work/seen"
    [ -s "$work/seen" ] || { echo "FAILED  $name: the page did not answer"; failed=1; }
    grep -q FAILED "$work/seen" && failed=1
    return 0
}

# opens FILE.html: how long it takes up to the last chart, the best of five times, how much processor time the whole
# browser takes from its start, which other work on the machine does not change, and how large the page is
opens()
{
    drive "$1"
    best=999999 least=999999 bytes=$(wc -c <"$1")
    for attempt in 1 2 3 4 5; do
        busy=$({ browse timed "$work/driven.html" --window-size=1280,900 --dump-dom; times; } |
            sed -n 's/[ms]/ /g; 2p' | awk '{ printf "%.0f", 1000 * (60 * $1 + $2 + 60 * $3 + $4) }')
        took=$(sed -n 's/.*<pre id="opened">\([0-9]*\)<.*/\1/p' "$work/timed.dom")
        echo "$(basename "$1"), attempt $attempt: opened in ${took:-?} ms, processor time of the browser $busy ms"
        [ "${took:-$best}" -ge "$best" ] || best=$took
        [ "${took:+$busy}" = "" ] || [ "$busy" -ge "$least" ] || least=$busy
    done
    echo "$(basename "$1"): $bytes bytes, at best $best ms, of the browser's processor time $least ms"
    [ "$best" -lt 2000 ] || [ "$least" -lt 2000 ] || { echo "FAILED  not in 2 s"; failed=1; }
    [ "$bytes" -lt 3145728 ] || { echo "FAILED  not below 3 MiB"; failed=1; }
}

if [ "${2:-}" = opens ]; then
    opens "$(cd "$reports" && pwd)/large.html"
    exit $failed
fi

mkdir -p "$reports"
./tinynas search --mcu stm32h743 --preset smoke --finalists 2 --study "$work/smoke" --quiet >/dev/null &&
    ./tinynas report "$work/smoke" --out "$reports/smoke.html" >/dev/null || exit 1
reports=$(cd "$reports" && pwd)
try light "$reports/smoke.html" 1280 5400
try dark "$reports/smoke.html" 1280 5400 --blink-settings=preferredColorScheme=0
try phone "$reports/smoke.html" 390 9500
for page in "$reports"/*.html; do
    name=$(basename "$page" .html)
    [ "$name" = smoke ] || try "$name" "$page" 1280 5400
done
[ $failed = 0 ] && echo "test-report: the pages in $reports say nothing on the console and answer clicks and keys"
exit $failed
