/* Files: whole reads, and writes that are there entirely or not at all. */
#ifndef TNAS_COMMON_IO_H
#define TNAS_COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

#define TNAS_PATH_BYTES 4096 /* longest path, terminator included */

/* Reads a whole file; a 0 byte follows the content. Fails above max_bytes.
 * Release *out with tnas_free. */
tnas_status tnas_file_read(const char *path, size_t max_bytes, uint8_t **out, size_t *byte_count);

/* Writes to a temporary name beside `path`, syncs, renames, syncs the folder: once this has
 * returned, what refers to the file cannot outlive it. A device or pipe of that name is refused. */
tnas_status tnas_file_write(const char *path, const void *bytes, size_t byte_count);

/* The same for a content that lies in several places, one after the other. */
typedef struct tnas_file_part {
    const void *bytes;
    size_t byte_count;
} tnas_file_part;

tnas_status tnas_file_write_parts(const char *path, const tnas_file_part *parts, int part_count);

/* Makes the folder and its missing parents, synced likewise; an existing one is fine. */
tnas_status tnas_dir_create(const char *path);

bool tnas_file_exists(const char *path);
bool tnas_dir_exists(const char *path);

/* Writes "folder/name"; fails when it does not fit. */
tnas_status tnas_path_join(char out[TNAS_PATH_BYTES], const char *folder, const char *name);

#endif
