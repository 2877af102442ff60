/* The files of a data set: of a folder with all that is below it, of an archive, or one alone.
 *
 * An archive (tar, zip, 7z; packed or not) is unpacked once, when it is opened, into a nameless
 * temporary file (TMPDIR, else /var/tmp) that goes with the process: no name from an archive
 * ever becomes a path, and any file of it can be read at any time. Hidden files and folders are
 * left out. Files are in the order of their paths, so that a folder and its archive are the same
 * data set. Where all files of an archive lie below one folder, paths start below it. */
#ifndef TNAS_DATA_FILES_H
#define TNAS_DATA_FILES_H

#include <stdint.h>

#include "common/io.h"
#include "data/packed.h"

typedef struct tnas_files tnas_files;

/* `include`: "" or a glob; files whose last part (whole path, when the glob has a /) does not
 * match are not there. Fails naming the file: no such file or folder, links in an archive, names
 * that are absolute or have "..", sizes that no data set has, a folder below itself. */
tnas_status tnas_files_open(const char *location, const char *include, tnas_files **out);
void tnas_files_close(tnas_files *files);

int tnas_files_count(const tnas_files *files);
const char *tnas_files_path(const tnas_files *files, int file); /* "train/cat/1.png" */
const char *tnas_files_last(const tnas_files *files, int file); /* "1.png" */
uint64_t tnas_files_bytes(const tnas_files *files, int file);   /* as stored, or unpacked once */
int tnas_files_find(const tnas_files *files, const char *path); /* -1: there is none */
/* Is it the packed twin ("x.gz") of a file that is there too? Unpackers leave both. */
bool tnas_files_is_twin(const tnas_files *files, int file);

const char *tnas_files_location(const tnas_files *files);
/* For messages: location and path. */
void tnas_files_name(const tnas_files *files, int file, char out[TNAS_PATH_BYTES]);

/* Folders, the empty ones too, in the order of their paths. */
int tnas_files_folder_count(const tnas_files *files);
const char *tnas_files_folder(const tnas_files *files, int folder);

/* A whole file as it is stored; fails above max_bytes. Release with tnas_free. */
tnas_status tnas_files_read(const tnas_files *files, int file, size_t max_bytes, uint8_t **out,
                            size_t *byte_count);

/* A file to be read from front to back, unpacked when it is packed (data/packed.h): the first time
 * into the temporary file. Close before the files. */
tnas_status tnas_files_unpack(tnas_files *files, int file, tnas_packed **out);

/* The first bytes of the unpacked content; *got is smaller for a smaller file. */
tnas_status tnas_files_head(const tnas_files *files, int file, void *out, size_t byte_count,
                            size_t *got);

#endif
