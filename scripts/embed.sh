#!/bin/sh
# Prints a C file that holds the given files as byte arrays, for export/embedded.h. NAME=FILE is
# known as NAME.
set -eu
echo '#include "export/embedded.h"'
echo
i=0
for file in "$@"; do
    [ -r "${file#*=}" ] || { echo "embed.sh: ${file#*=} cannot be read" >&2; exit 1; }
    echo "static const unsigned char file_${i}[] = {"
    od -An -v -tx1 "${file#*=}" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo "0};"
    i=$((i + 1))
done
echo "const tnas_embedded_file tnas_embedded_files[] = {"
i=0
for file in "$@"; do
    echo "    {\"${file%%=*}\", file_$i, sizeof file_$i - 1},"
    i=$((i + 1))
done
echo "};"
echo "const int tnas_embedded_file_count = $#;"
