/* A folder that appears as a whole or not at all. Files are added to a temporary folder beside
 * the wanted one; commit takes the wanted name, in one step where the file system can exchange
 * names, and removes what killed exports to the same name left behind. manifest.txt lists what was
 * added, and is how an earlier export is known again. */
#ifndef TNAS_EXPORT_EXPORT_FOLDER_INTERNAL_H
#define TNAS_EXPORT_EXPORT_FOLDER_INTERNAL_H

#include "common/io.h"
#include "common/text.h"

typedef struct tnas_export_folder {
    char wanted[TNAS_PATH_BYTES];
    char temporary[TNAS_PATH_BYTES]; /* "" when there is none */
    tnas_text manifest;
} tnas_export_folder;

/* Fails when `path` is a file or a symbolic link, or holds files that no earlier export wrote. */
tnas_status tnas_export_folder_begin(tnas_export_folder *folder, const char *path);

/* `relative` may name a folder inside: "runtime/tnrt.h". */
tnas_status tnas_export_folder_add(tnas_export_folder *folder, const char *relative,
                                   const void *bytes, size_t byte_count);

tnas_status tnas_export_folder_commit(tnas_export_folder *folder);

/* Removes what was not committed. Silent on a zeroed or committed folder. */
void tnas_export_folder_deinit(tnas_export_folder *folder);

#endif
