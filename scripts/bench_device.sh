#!/bin/sh
# Instructions of whole networks and of single layers on an emulated Cortex-M7 (QEMU mps2-an500),
# beside those of other runtimes. Networks and the peers' counts are read from $SHARED; without it
# only our own layers are printed.
#   bench-device MODEL instructions arena_bytes code_bytes   then ratios to each peer; a second row
#                                                            MODEL-w16 with weights of int16
#   bench-layer LAYER instructions per_mac                   then the ratio to the best peer
set -eu
failed=0
export LC_ALL=C

shared=${SHARED:-../shared}
peers=$shared/reference/cortexm_results.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -r "$peers" ] || { echo "SKIP: no peers' counts, $peers is not there" >&2; peers=/dev/null; }

# measure FOLDER [OPTION...] [MODEL...]: the rows that the firmware prints, in FOLDER.csv.
measure()
{
    folder=$1
    shift
    ./tinynas measure --mcu stm32h743 --quiet --out "$folder" "$@" >/dev/null &&
        make -s -C "$folder" run >"$folder.csv"
}

# bench_model NAME FILE PEERS-NAME
bench_model()
{
    [ -r "$shared/models/$2.tflite" ] || { echo "SKIP: $2.tflite is not in $shared/models" >&2; return; }
    bench_weights "$1" "$2" "$3" int8
    bench_weights "$1-w16" "$2" "$3" int16
}

bench_weights()
{
    folder=$work/$1
    file=$shared/models/$2.tflite
    measure "$folder" --weights "$4" "$file" || { echo "FAILED $1" >&2; failed=1; return 0; }
    header=$(ls "$folder"/models/*.h | grep -v _data.h)
    name=$(basename "$header" .h)
    arena=$(awk '$1 == "#define" && $2 ~ /_ARENA_BYTES$/ { print $3 }' "$header")
    code=$(sh export/templates/linked_bytes.sh.in "$folder/build/measure.map" "$name" |
        awk '$1 == "code" { print $2 }')
    instructions=$(awk -F, '$6 == "network" { print $NF }' "$folder.csv")
    echo "bench-device $1 $instructions $arena $code"
    awk -F, -v model="model:$3" -v instructions="$instructions" -v arena="$arena" -v code="$code" '
        $2 == model { printf "    %-14s instructions %.3f  arena %.3f  code %.3f\n", $1,
                          instructions / $3, arena / $6, code / $7 }' "$peers"
}

bench_layers()
{
    measure "$work/layers"
    awk -F, '
        FNR == 1 { next }
        NR == FNR { if ($2 !~ /^model:/ && $1 !~ /^(own|reference)/) {
                        if (!($2 in best) || $3 < best[$2]) { best[$2] = $3; peer[$2] = $1 } }
                    if ($2 !~ /^model:/) macs[$2] = $4
                    next }
        { printf "bench-layer %-20s %9d", $1, $NF
          if ($1 in macs) printf " %6.3f   %.3f of %s", $NF / macs[$1], $NF / best[$1], peer[$1]
          printf "\n"
          if (($1 in best) && $NF >= best[$1]) slower++
          n++ }
        END { if (length(best)) printf "%d of %d layers need more instructions than the best peer\n", slower, n }
    ' "$peers" "$work/layers.csv"
}

bench_model resnet8 pretrainedResnet_quant resnet8
bench_model dscnn kws_ref_model dscnn_kws
bench_model vww vww_96_int8 mobilenetv1_vww
bench_model ad ad01_int8 fcae_ad
bench_model mcunet-vww1 mcunet-vww1 mcunet_vww
bench_layers
exit $failed
