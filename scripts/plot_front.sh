#!/bin/sh
# The candidates of a study and its front, accuracy against latency, SRAM and flash, as one picture: gnuplot.
#   plot_front.sh TINYNAS STUDY OUT.png TITLE
# Accuracies are those of inherited weights on the validation samples, before any finalist is trained;
# the front's are the int8 kernels'.
set -eu
tinynas=$1 study=$2 out=$3 title=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tinynas" study trials "$study" --format csv >"$work/trials.csv"

# column NAME: its number in the table
column() { head -1 "$work/trials.csv" | tr ',' '\n' | grep -n -x "$1" | cut -d: -f1; }
feasible=$(column feasible || true)
awk -F, -v feasible="${feasible:-0}" -v accuracy="$(column accuracy)" -v int8="$(column accuracy_int8)" \
    -v front="$(column on_front)" -v ms="$(column latency_ms)" -v sram="$(column sram_bytes)" \
    -v flash="$(column flash_bytes)" -v folder="$work" '
    NR == 1 || $accuracy == "" { next }
    feasible && $feasible == "false" { next }
    { print $ms, $sram / 1024, $flash / 1024, 100 * $accuracy >(folder "/all") }
    $front == "true" { print $ms, $sram / 1024, $flash / 1024, 100 * ($int8 == "" ? $accuracy : $int8) >(folder "/front") }
    ' "$work/trials.csv"

# As few candidates are far below the others, the axis starts where nine of ten are above.
low=$(sort -k4 -g "$work/all" | awk '{ a[NR] = $4 } END { print a[int(NR / 10) + 1] }')
gnuplot <<EOF
set terminal pngcairo size 1200,420 fontscale 0.9
set output "$out"
set multiplot layout 1,3 title "$title"
set grid lc rgb "#dddddd"
set key top left opaque box
set yrange [$low:*]
set ylabel "accuracy, %"
set xlabel "latency, ms"
plot "$work/all" using 1:4 with points pt 7 ps 0.5 lc rgb "#aaaaaa" title "candidates", \
     "$work/front" using 1:4 with points pt 7 ps 0.8 lc rgb "#0b62a4" title "front, int8"
unset ylabel
unset key
set xlabel "SRAM, KiB"
plot "$work/all" using 2:4 with points pt 7 ps 0.5 lc rgb "#aaaaaa", \
     "$work/front" using 2:4 with points pt 7 ps 0.8 lc rgb "#0b62a4"
set xlabel "flash, KiB"
plot "$work/all" using 3:4 with points pt 7 ps 0.5 lc rgb "#aaaaaa", \
     "$work/front" using 3:4 with points pt 7 ps 0.8 lc rgb "#0b62a4"
EOF
