#!/bin/sh
# The candidates of a study as an SVG on standard output: flash against accuracy by inherited weights, what
# nothing dominates filled, the winner as the device will have it with a ring. For docs/images/front.svg:
#   make quickstart && sh scripts/front_svg.sh out/quickstart/study >docs/images/front.svg
set -eu
study=$1
tinynas=${TINYNAS:-./tinynas}
{
    "$tinynas" study show "$study" --format csv
    echo trials
    "$tinynas" study trials "$study" --format csv
} | sed 's/"[^"]*"/"/g' | awk -F, '
    # Columns by their heading: field(name)
    function field(name) { return $column[name] }
    function x(kib) { return left + (kib - x_low) / (x_high - x_low) * (right - left) }
    function y(share) { return bottom - (share - y_low) / (y_high - y_low) * (bottom - top) }
    function text(at_x, at_y, anchor, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, words
    }
    $1 == "trials" { part = 2; heading = 0; next }
    !heading { for (i = 1; i <= NF; i++) column[$i] = i; heading = 1; next }
    part != 2 {
        mcu = field("mcu"); limit = field("flash_limit_bytes") / 1024
        winner_kib = field("flash_bytes") / 1024; winner = field("accuracy_int8")
        next
    }
    {
        n++
        kib[n] = field("flash_bytes") / 1024; share[n] = field("accuracy"); front[n] = field("on_front") == "true"
        if (n == 1 || kib[n] < x_low) x_low = kib[n]
        if (n == 1 || share[n] < y_low) y_low = share[n]
    }
    END {
        left = 56; right = 620; top = 34; bottom = 270
        x_low = int(x_low) - 1; x_high = int(limit) + 1
        y_low = int(y_low * 20) / 20; y_high = 1
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 320\" font-family=\"sans-serif\" font-size=\"12\">"
        print "<style>text{fill:#57606a}.axis{stroke:#8c959f}.limit{stroke:#cf222e;stroke-dasharray:5 4}" \
              ".of{fill:#8c959f;fill-opacity:.45}.front{fill:#0969da}.winner{fill:none;stroke:#1a7f37;stroke-width:2.5}</style>"
        text(left, 18, "start", n " networks scored for " mcu ", accuracy on validation by inherited weights")
        for (s = y_low; s <= y_high + 1e-9; s += 0.1) {
            text(left - 8, y(s) + 4, "end", sprintf("%.0f %%", 100 * s))
            printf "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.0f\" y2=\"%.0f\" stroke-opacity=\".25\"/>\n", left, right, y(s), y(s)
        }
        step = x_high - x_low > 12 ? 4 : 2
        for (k = int(x_low / step + 1) * step; k <= x_high; k += step) text(x(k), bottom + 18, "middle", k)
        text(right, bottom + 36, "end", "KiB of flash, code and constants")
        text(left, bottom + 36, "start", "blue: nothing beats it in accuracy, latency, SRAM and flash")
        printf "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", left, right, bottom, bottom
        printf "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", x(limit), x(limit), top, bottom
        text(x(limit) - 6, bottom - 8, "end", "limit")
        for (on = 0; on <= 1; on++)
            for (i = 1; i <= n; i++)
                if (front[i] == on)
                    printf "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n", on ? "front" : "of", x(kib[i]), y(share[i]), on ? 4.5 : 3.5
        printf "<circle class=\"winner\" cx=\"%.1f\" cy=\"%.1f\" r=\"7\"/>\n", x(winner_kib), y(winner)
        text(x(winner_kib) + 12, y(winner) + 4, "start", sprintf("the winner, fine-tuned: %.2f %% int8 on test", 100 * winner))
        print "</svg>"
    }'
