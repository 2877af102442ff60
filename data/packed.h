/* A file read once from front to back, unpacked on the way.
 *
 * gzip, bzip2, xz and zstd are recognised by content, whatever the name says; anything else
 * is passed through as it is (libarchive underneath). */
#ifndef TNAS_DATA_PACKED_H
#define TNAS_DATA_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

typedef struct tnas_packed tnas_packed;

/* Bytes of an open file, from `at` on; `name` is what messages call them. With `owns_file` the
 * file is closed at the end, also when opening fails. */
typedef struct tnas_file_range {
    int file;
    bool owns_file;
    uint64_t at, byte_count;
    const char *name; /* borrowed */
} tnas_file_range;

/* Fails when the packing is damaged at its start (TNAS_ERR_INPUT). */
tnas_status tnas_packed_open(const tnas_file_range *range, tnas_packed **out);
void tnas_packed_close(tnas_packed *packed);

const char *tnas_packed_name(const tnas_packed *packed); /* for messages */

/* The next byte_count unpacked bytes; *got is smaller at the end of the file and only there.
 * Fails when the packed stream is damaged or cut (TNAS_ERR_INPUT). */
tnas_status tnas_packed_read(tnas_packed *packed, void *out, size_t byte_count, size_t *got);

/* Do these first bytes of a file begin a packing that is unpacked here? */
bool tnas_packed_recognises(const uint8_t *head, size_t head_bytes);

#endif
