/* A file read once from front to back, unpacked on the way.
 *
 * gzip, bzip2, xz and zstd are recognised by content, whatever the name says; anything else
 * is passed through as it is (libarchive underneath). */
#ifndef TNAS_DATA_PACKED_H
#define TNAS_DATA_PACKED_H

#include <stddef.h>

#include "common/status.h"

typedef struct tnas_packed tnas_packed;

/* Fails when the file cannot be opened (TNAS_ERR_IO). */
tnas_status tnas_packed_open(const char *path, tnas_packed **out);
void tnas_packed_close(tnas_packed *packed);

/* The next byte_count unpacked bytes; *got is smaller at the end of the file and only there.
 * Fails when the packed stream is damaged or cut (TNAS_ERR_INPUT). */
tnas_status tnas_packed_read(tnas_packed *packed, void *out, size_t byte_count, size_t *got);

/* How many unpacked bytes are left, counted no further than `max_bytes`. A file that is not
 * packed is asked for its size; a packed one is unpacked and thrown away, and fails like
 * tnas_packed_read. Nothing can be read afterwards. */
tnas_status tnas_packed_count_rest(tnas_packed *packed, size_t max_bytes, size_t *rest);

#endif
