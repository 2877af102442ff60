#!/bin/sh
# A search and networks drawn by hand on one task, with the same trainer, data and minutes, as a table.
#   results_task.sh TINYNAS CONFIG DATA OUT NET... -- [OPTION...]
# CONFIG is a run configuration, NET a graph that is trained by its `finetune` part, again and again with
# the seeds 1, 2, ... until the search's time is used; the seed that is best on the validation samples is
# the one that meets the test samples. OPTIONs go to search and train (other test groups).
# Parts of the latency columns: MCUS. Macro F1 decides where METRIC=macro-f1. SEEDS: no more of them.
set -eu
tinynas=$1 config=$2 data=$3 out=$4
shift 4
nets=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    nets="$nets $1"
    shift
done
[ $# -eq 0 ] || shift
mcus=${MCUS:-stm32f446 stm32h743}
metric=${METRIC:-accuracy}
SEEDS=${SEEDS:-1000}
mkdir -p "$out"
settings=$config
[ -f "$settings" ] || settings=${TINYNAS_HOME:-.}/configs/runs/$config.json
with_validation=no
! grep -q '"with_validation": 1' "$settings" || with_validation=yes

# field FILE KEY: a number or text of a JSON object, one key a line
field()
{
    sed -n "s/^[[:space:]]*\"$2\":[[:space:]]*\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | head -1
}

# estimates MODEL FILE: one JSON object for each part, FILE-MCU.json
estimates()
{
    for mcu in $mcus; do
        "$tinynas" estimate "$1" --mcu "$mcu" --format json --quiet >"$2-$mcu.json"
    done
}

# row NAME SEEDS SECONDS RESULT ESTIMATES
row()
{
    first=${mcus%% *}
    awk -v name="$1" -v seeds="$2" -v seconds="$3" -v float="$(field "$4" accuracy_float)" \
        -v int8="$(field "$4" accuracy_int8)" -v half="$(field "$4" accuracy_95_half_width)" \
        -v f1="$(field "$4" macro_f1_int8)" -v macs="$(field "$5-$first.json" macs)" \
        -v weights="$(field "$5-$first.json" weights_bytes)" \
        -v channels="$(field "$5-$first.json" channels_bytes)" \
        -v flash="$(field "$5-$first.json" flash_bytes)" -v sram="$(field "$5-$first.json" sram_bytes)" \
        'BEGIN { printf "| %s | %s | %.1f | %.2f | %.2f ± %.2f | %.2f | %.2f | %d | %d | %d |", name, seeds,
                 seconds / 60, 100 * float, 100 * int8, 100 * half, 100 * f1, macs / 1e6, weights + channels,
                 flash, sram }'
    for mcu in $mcus; do
        awk -v ms="$(field "$5-$mcu.json" latency_ms)" -v low="$(field "$5-$mcu.json" latency_low_ms)" \
            -v high="$(field "$5-$mcu.json" latency_high_ms)" \
            'BEGIN { printf " %.2f (%.2f to %.2f) |", ms, low, high }'
    done
    echo
}

# search: kept in the study, so that a run that was cut short goes on
"$tinynas" search --config "$config" --data "$data" --study "$out/study" --metric "$metric" --format json "$@" \
    >"$out/search.json"
seconds=$(field "$out/search.json" seconds)
# As the networks drawn by hand: the model alone, without a sound's front end.
estimates "$out/study/targets/$(field "$out/search.json" target)/model.tnm" "$out/search"

# baseline NET: the best of as many seeds as fit into the search's time. A single one needs no validation.
baseline() # NET OPTION...
{
    net=$1 seed=0 best= best_score=-1 used=0
    shift
    if [ "$with_validation$SEEDS" = yes1 ]; then
        seed=1 best=1
        return
    fi
    while [ "$seed" -eq 0 ] || { [ "$seed" -lt "$SEEDS" ] &&
        awk -v u="$used" -v n="$seed" -v s="$seconds" 'BEGIN { exit !(u + u / n <= s) }'; }; do
        seed=$((seed + 1))
        folder=$out/$net-$seed
        [ -f "$folder.json" ] || {
            rm -rf "$folder"
            "$tinynas" train --config "$config" --data "$data" --net "$net" --seed "$seed" --validation-only \
                --out "$folder" --format json "$@" >"$folder.tmp"
            mv "$folder.tmp" "$folder.json"
        }
        used=$(awk -v u="$used" -v s="$(field "$folder.json" seconds)" 'BEGIN { print u + s }')
        key=validation_int8
        [ "$metric" != macro-f1 ] || key=validation_macro_f1_int8
        score=$(field "$folder.json" $key)
        if awk -v a="$score" -v b="$best_score" 'BEGIN { exit !(a > b) }'; then
            best=$seed best_score=$score
        fi
    done
}

# The one look at the test samples. The weights are those of the training before; where the configuration's
# last training learns from the validation samples too, so does this network's, again and in a folder of its own.
meet_the_test_set()
{
    net=$1
    shift
    folder=$out/$net-$best
    [ "$with_validation" = no ] || folder=$out/$net-final
    [ ! -f "$out/$net.json" ] || return 0
    if [ "$with_validation" = yes ]; then rm -rf "$folder"; else rm -f "$folder/model.tnm"; fi
    "$tinynas" train --config "$config" --data "$data" --net "$net" --seed "$best" --out "$folder" \
        --format json --quiet "$@" >"$out/$net.tmp"
    mv "$out/$net.tmp" "$out/$net.json"
}

{
    printf '| network | seeds | minutes | float %% | int8 %% (95 %%) | macro F1 %% | MMAC | weights, bytes | flash | SRAM |'
    for mcu in $mcus; do printf ' ms on %s (90 %%) |' "$mcu"; done
    printf '\n|---|---|---|---|---|---|---|---|---|---|'
    for mcu in $mcus; do printf -- '---|'; done
    echo
    row found 1 "$seconds" "$out/search.json" "$out/search"
    for net in $nets; do
        baseline "$net" "$@"
        meet_the_test_set "$net" "$@"
        [ "$used" != 0 ] || used=$(field "$out/$net.json" seconds)
        estimates "$folder/model.tnm" "$out/$net"
        row "$net" "$seed, best $best" "$used" "$out/$net.json" "$out/$net"
    done
} >"$out/table.md"
