#!/bin/sh
# Runs the fuzzers for SECONDS each: fuzz.sh FOLDER SECONDS. The seeds are made here, from configs/
# and, where they are, the shared files; what is found stays in FOLDER.
set -eu
folder=$1
seconds=$2
shared=${SHARED:-../shared}
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1

corpus=$folder/corpus
mkdir -p "$corpus/tflite" "$corpus/csv" "$corpus/json" "$corpus/data" "$folder/findings"
"$folder/fuzz/write_seeds" "$corpus/tflite"
"$folder/fuzz/write_data_seeds" "$corpus/data"

# Small files only: a fuzzer changes a few bytes thousands of times a second.
copy_small() { # FOLDER NAME-PATTERN TARGET
    [ -d "$1" ] || return 0
    find "$1" -name "$2" -size -40k -exec cp -f {} "$corpus/$3/" \;
}
copy_small "$shared/models" '*.tflite' tflite
copy_small configs/measurements '*.csv' csv
copy_small configs/codesize '*.csv' csv
copy_small configs/graphs '*.json' json
copy_small configs/spaces '*.json' json
copy_small configs/mcus '*.json' json
for table in configs/measurements/*.csv "$shared"/boards/*.csv \
    "$shared"/models/layers*.csv; do
    [ ! -f "$table" ] || head -n 12 "$table" > "$corpus/csv/head_$(basename "$table")"
    [ ! -f "$table" ] || head -n 4 "$table" > "$corpus/csv/few_$(basename "$table")"
done
chmod -R u+w "$corpus"

# The words that the readers know.
cat configs/*/*.json | grep -oE '"[a-z_0-9-]+"' | sort -u |
    sed 's/"//g; s/.*/"\\"&\\""/' > "$folder/json.dict"
cat configs/measurements/*.csv | head -n 200 | tr ',' '\n' | grep -E '^[A-Za-z_0-9.-]{1,30}$' |
    sort -u | sed 's/.*/"&"/' > "$folder/csv.dict"
echo '"TFL3"' > "$folder/tflite.dict"
printf '%s\n' '"IHDR"' '"IDAT"' '"PLTE"' '"tRNS"' '"IEND"' '"\xff\xd8\xff"' '"\xff\xc0"' '"\xff\xda"' \
    '"\x93NUMPY"' '"descr"' '"fortran_order"' '"shape"' '"ustar"' '"PK\x03\x04"' \
    '"\x1f\x8b"' > "$folder/data.dict"

status=0
for name in tflite csv json data; do
    log=$folder/fuzz_$name.log
    if "$folder/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3000 \
        -max_len=65536 -dict="$folder/$name.dict" -artifact_prefix="$folder/findings/${name}_" \
        -print_final_stats=1 "$corpus/$name" > "$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        cover=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
        echo "fuzz $name: $runs runs in $seconds s, $cover edges reached, no finding"
    else
        status=1
        echo "fuzz $name: FAILED"
        grep -aE 'ERROR|runtime error|SUMMARY|Assertion|status [0-9]|Test unit written' "$log" || tail "$log"
    fi
done
exit $status
