#!/bin/sh
# Every command that a document shows is run, or at least read: README.md, CONTRIBUTING.md, docs/ and
# examples/. A line of a code block that starts with `tinynas` or `make` runs in a scratch folder that holds
# what a reader would have (data, a .tflite file, measurements), with less work (the table below). Lines with
# placeholders in capitals, and commands inside a sentence, are not run: their options and targets must exist.
# So must every file a document links to or names. Ends with "N passed, N failed".
#   scripts/test_docs.sh [FILE.md]...
set -u
unset MAKEFLAGS MFLAGS CFLAGS
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$root:$PATH # `tinynas` is the one just built
TINYNAS_HOME=$root
export TINYNAS_HOME
say=${VERBOSE:+lines}
say=${say:-failures}
. scripts/checks.sh

# ---- What is run in place of what is written, one rule a line: shown below ---------------------------------
cat >"$work/rules.sed" <<'EOF'
s|^\./tinynas|tinynas|
s|--preset [a-z]*|--preset smoke|
/^tinynas search/{/--preset/!s|$| --preset smoke|}
s|--epochs [0-9.]*|--epochs 0.2|
s|\(--[a-z]*-steps\) [0-9]*|\1 20|
s|configs/graphs/hand-28-45k.json|net.json|
s|--generations [0-9]*|--generations 2|
s|--population [0-9]*|--population 8|
s|^st-flash|: no board: st-flash|
EOF
sed 's/^/rule    /' "$work/rules.sed"

# part SPLIT COUNT FIRST: so many of the 24x24 images and labels in test/, as IDX files of my-data/
part()
{
    size=$(printf '\\000\\000\\%03o\\%03o' $(($2 / 256)) $(($2 % 256)))
    images=my-data/$1-images-idx3-ubyte
    labels=my-data/$1-labels-idx1-ubyte
    { head -c 4 test/images.idx && printf "$size" && head -c 16 test/images.idx | tail -c 8; } >"$images" &&
        tail -c +$((17 + 576 * $3)) test/images.idx | head -c $((576 * $2)) >>"$images" &&
        { head -c 4 test/labels.idx && printf "$size"; } >"$labels" &&
        tail -c +$((9 + $3)) test/labels.idx | head -c "$2" >>"$labels"
}

# pictures FILE COUNT FIRST: so many CIFAR-10 records, whose pixels are test/'s from the FIRST record on
pictures()
{
    for record in $(seq "$3" $(($3 + $2 - 1))); do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $((record % 10)))" && tail -c +17 test/images.idx | tail -c +$((1 + 3072 * record)) | head -c 3072
    done >"$1"
}

# recordings FILE.tar.gz: WORD_SPEAKER_INDEX.wav, sounds of examples/keyword-spotting
recordings()
{
    mkdir made recordings && ${CC:-cc} -O2 -std=c99 "$root/examples/keyword-spotting/make_data.c" -lm -o make_data &&
        ./make_data made >/dev/null || return 1
    for clip in made/*/0[0-2]?.wav; do
        word=${clip#made/}
        case $clip in */00*) speaker=jackson ;; */01*) speaker=nicolas ;; *) speaker=theo ;; esac
        mv "$clip" "recordings/${word%/*}_${speaker}_${clip#"${clip%?.wav}"}" || return 1
    done
    tar -czf "$1" recordings && rm -rf made recordings make_data
}

# ---- What a reader has ------------------------------------------------------------------------------------
prepare()
{
    mkdir -p "$work/reader/my-data" "$work/reader/studies" "$work/reader/out" && cd "$work/reader" &&
        tinynas data write builtin:shapes --out test >/dev/null &&
        part train 1500 0 && part t10k 500 1500 &&
        mkdir cifar10 && pictures cifar10/data_batch_1.bin 250 0 && pictures cifar10/test_batch.bin 100 250 &&
        recordings recordings.tar.gz && rm -rf test && ln -s my-data fashion-mnist &&
        tinynas search --mcu stm32f746 --data my-data --preset smoke --study studies/mine --quiet >/dev/null &&
        ln -s mine studies/my-data-small-image &&
        tinynas export studies/mine --as tflite --name model --out . >/dev/null &&
        tinynas export studies/mine --as graph --name net --out . >/dev/null &&
        tinynas study show studies/mine --config >run.json &&
        for name in kws mynet out/kws; do cp model.tflite $name.tflite; done && cp net.json small.json &&
        printf 'model,latency_ms\nmcunet-in0,26.3\nmcunet-in1,55.9\nmcunet-in2,280.5\nmbv2-w0.35,131.4\n' >mine.csv &&
        tinynas export studies/mine --as c --name mine --out out/mine >/dev/null && make -s -C out/mine host >/dev/null &&
        for name in my board; do cp mine.csv $name.csv; done &&
        for folder in configs examples docs; do ln -s "$root/$folder" .; done
}
prepare >"$work/log" 2>&1 || { fail "what a reader has" "$work/log"; finish; }
cd "$root" || exit 1

# ---- Reading ----------------------------------------------------------------------------------------------

# commands FILE: LINE<tab>COMMAND of code blocks, comments taken off, continued lines joined.
commands()
{
    awk '
        /^```/ { fenced = !fenced; next }
        { text = $0; shown = fenced || text ~ /^    / }
        !shown { next }
        { sub(/^ +/, "", text); sub(/^\$ /, "", text); text = held text; held = "" }
        text ~ /\\$/ { sub(/\\$/, "", text); held = text; next }
        text ~ /^(\.\/)?(tinynas|make) / || text == "make" {
            sub(/[ \t]+#.*$/, "", text); sub(/ \t*$/, "", text)
            printf "%d\t%s\n", NR, text
        }' "$1"
}

# spoken FILE: the same of commands in a sentence: `tinynas ...`, `make ...`
spoken() { grep -n -o '`\(tinynas\|make\) [^`]*`' "$1" | sed 's/^\([0-9]*\):`\(.*\)`$/\1\t\2/'; }

# known_target TARGET: of this makefile, of an export's, of the measuring firmware's or of a board's
known_target()
{
    grep -q "^\(\.PHONY:.* \)\?$1\( .*\)\?$\|^$1:" Makefile export/templates/Makefile.in export/templates/measure_Makefile.in \
        examples/boards/common/board.mk examples/boards/*/Makefile
}

# read_tinynas PLACE COMMAND: the command exists, and each of its options
read_tinynas()
{
    # shellcheck disable=SC2086
    set -f && set -- "$1" $2 && set +f
    place=$1
    command=${3:-}
    case $command in help | --* | COMMAND | '' | ...) pass "$place"; return ;; esac
    if ! tinynas help "$command" >"$work/help" 2>&1; then
        fail "$place: tinynas $command" "$work/help"
        return
    fi
    shift 3
    for word; do
        flag=${word%%=*}
        flag=$(printf %s "$flag" | tr -d '[],')
        case $flag in
        --[a-z]*)
            if grep -q "^  $flag " "$work/help"; then pass "$place"; else fail "$place: tinynas $command has no $flag"; fi
            ;;
        esac
    done
}

# read_make PLACE COMMAND
read_make()
{
    # shellcheck disable=SC2086
    set -f && set -- "$1" $2 && set +f
    place=$1
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        -C) shift ;;
        *=* | -* | '>' | *.csv | [A-Z]* | *...*) ;;
        *) if known_target "$1"; then pass "$place"; else fail "$place: no makefile has the target $1"; fi ;;
        esac
        shift
    done
}

# Words in capitals stand for the reader's own; so do dots and brackets. Options and figures do not.
is_pattern() { printf %s "$1" | sed "s/[A-Z_]*=//g" | grep -q '\(^\|[ /]\)[A-Z][A-Z]\|\.\.\.\|[][<>|]\|…'; }

# allowed COMMAND STATUS: exit codes that are answers
allowed()
{
    case $2,$1 in
    0,* | 3,*--check* | 5,*--fail-above*) return 0 ;;
    esac
    return 1
}

# run_line PLACE COMMAND, in the reader's folder
run_line()
{
    line=$(printf '%s\n' "$2" | sed -f "$work/rules.sed")
    case $line in
    make\ -C\ *examples/boards*flash* | make\ -C\ *examples/boards*MEASURE*) read_make "$1" "$line"; return ;;
    make\ -C\ examples/boards* | make\ -C\ measure*)
        command -v arm-none-eabi-gcc >/dev/null 2>&1 || { read_make "$1" "$line"; return; }
        line="$line OUT=$work/board"
        ;;
    make\ -C\ *) ;;
    make*) read_make "$1" "$line"; return ;; # this repository's own targets are CI's
    esac
    (cd "$here" && sh -c "$line") >"$work/log" 2>&1
    status=$?
    if allowed "$line" $status; then pass "$1: $line"; else fail "$1: $line (exit code $status)" "$work/log"; fi
}

# ---- Files ------------------------------------------------------------------------------------------------

links() { grep -n -o '](\([^)#: ]*\)' "$1" | sed 's/^\([0-9]*\):](/\1\t/'; }
folders=$(git ls-files 2>/dev/null | sed -n 's|/.*||p' | sort -u | tr '\n' '|')
[ -n "$folders" ] || folders=$(ls -d -- */ | tr -d / | tr '\n' '|')
paths()
{
    grep -n -o '`[A-Za-z0-9_.{},*/-]*`' "$1" | tr -d '`' | awk -F: -v folders="|$folders" '
        { split($2, part, "/"); if (index($2, "/") > 0 && index(folders, "|" part[1] "|") > 0) print $1 "\t" $2 }'
}

check_files()
{
    links "$1" >"$work/links"
    while IFS="$tab" read -r number target; do
        if [ -e "$(dirname "$1")/$target" ]; then pass "$1:$number"; else fail "$1:$number: $target is not there"; fi
    done <"$work/links"
    paths "$1" >"$work/paths"
    while IFS="$tab" read -r number path; do
        case $path in *[A-Z][A-Z]*) continue ;; esac
        # shellcheck disable=SC2086
        found=$(bash -c "cd '$(dirname "$1")' && ls -d $path; cd '$root' && ls -d $path" 2>/dev/null | head -n 1)
        if [ -n "$found" ]; then pass "$1:$number"; else fail "$1:$number: $path is not there"; fi
    done <"$work/paths"
}

# ---- All documents ----------------------------------------------------------------------------------------

tab=$(printf '\t')
[ $# -gt 0 ] || set -- README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md docs/*/*.md bench/README.md $(find examples -name '*.md')
for document; do
    before=$((passed + failed))
    # Each document starts with what a reader has, in a folder of its own.
    here=$work/$(echo "$document" | tr '/.' '__')
    cp -R "$work/reader" "$here"
    commands "$document" >"$work/shown"
    while IFS="$tab" read -r number line <&3; do
        place=$document:$number
        case $line in
        make*) if is_pattern "$line"; then read_make "$place" "$line"; else run_line "$place" "$line"; fi ;;
        *)
            read_tinynas "$place" "$line"
            is_pattern "$line" || run_line "$place" "$line"
            ;;
        esac
    done 3<"$work/shown"
    spoken "$document" >"$work/spoken"
    while IFS="$tab" read -r number line <&3; do
        case $line in
        make*) read_make "$document:$number" "$line" ;;
        *) read_tinynas "$document:$number" "$line" ;;
        esac
    done 3<"$work/spoken"
    check_files "$document"
    echo "        $document: $((passed + failed - before)) checks, $(wc -l <"$work/shown") commands"
    rm -rf "$here"
done
finish
