/* What `tinynas export` does, for callers who want no line printed. */
#ifndef TNAS_CLI_EXPORTED_H
#define TNAS_CLI_EXPORTED_H

#include "cli/commands.h"
#include "export/export.h"

typedef struct tnas_exported {
    char name[TNAS_EXPORT_NAME_BYTES]; /* prefix of files and symbols */
    size_t flash_bytes, sram_bytes;    /* predicted for the part */
    bool fits;                         /* its memories */
} tnas_exported;

/* Writes what the arguments of an export say. */
tnas_status tnas_exported_write(const tnas_arguments *arguments, tnas_exported *out);

#endif
