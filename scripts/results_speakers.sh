#!/bin/sh
# Leave one speaker out: for each speaker a search and a network drawn by hand that never heard the speaker,
# with the same data and minutes (results_task.sh), and the mean of both.
#   results_speakers.sh TINYNAS DATA OUT [OPTION...]
# The speaker before in the list judges candidates and seeds: what is wanted are networks for voices that they
# have not heard. The last training has that speaker too. SPEAKERS, BASELINE: other than the six, DS-CNN.
set -eu
tinynas=$1 data=$2 out=$3
shift 3
speakers=${SPEAKERS:-george jackson lucas nicolas theo yweweler}
baseline=${BASELINE:-ds-cnn-40x20}
folder=$(dirname "$0")
judge=${speakers##* }
for speaker in $speakers; do
    if ! { [ -s "$out/$speaker/table.md" ] && grep -q "^| $baseline" "$out/$speaker/table.md"; }; then
        sh "$folder/results_task.sh" "$tinynas" spoken-digits-speaker "$data" "$out/$speaker" "$baseline" -- \
            --test-groups "${speaker}_*" --validation-groups "${judge}_*" "$@"
    fi
    judge=$speaker
done
{
    echo '| speaker left out | network | minutes | float % | int8 % (95 %) | weights, bytes |'
    echo '|---|---|---|---|---|---|'
    for speaker in $speakers; do
        awk -F' *[|] *' -v s="$speaker" 'NR > 2 { print "| " s " | " $2 " | " $4 " | " $5 " | " $6 " | " $9 " |" }' \
            "$out/$speaker/table.md"
    done | tee "$out/rows.md"
    awk -F' *[|] *' '{ split($6, a, " "); sum[$3] += a[1]; count[$3]++ }
        END { for (n in sum) printf "| **mean of %d** | %s | | | **%.2f** | |\n", count[n], n, sum[n] / count[n] }' \
        "$out/rows.md" | sort -r
} >"$out/table.md"
