/* How the list of files is held. Private to data/files*.c. */
#ifndef TNAS_DATA_FILES_INTERNAL_H
#define TNAS_DATA_FILES_INTERNAL_H

#include "common/arena.h"
#include "data/files.h"

enum { TNAS_FILES_MAX = 20 * 1000 * 1000 };

typedef struct tnas_files_entry {
    const char *path; /* in the arena */
    uint64_t at;      /* in the store */
    uint64_t byte_count;
    bool is_stored;   /* in the store, not in a folder */
    bool is_unpacked; /* it was packed; what is stored is not */
} tnas_files_entry;

typedef struct tnas_files_list {
    int count, capacity;
    tnas_files_entry *entries;
} tnas_files_list;

/* A nameless file with whatever was unpacked, one after the other. */
typedef struct tnas_files_store {
    int file; /* -1: nothing yet */
    uint64_t used_bytes;
} tnas_files_store;

struct tnas_files {
    char location[TNAS_PATH_BYTES];
    tnas_arena arena;
    tnas_files_list files, folders;
    tnas_files_store store;
    bool is_one; /* the location is the only file, its path is its last part */
};

/* Unless the path is hidden. A stored file is what the store has from `at` on. */
tnas_status tnas_files_add_folder(tnas_files *files, const char *path);
tnas_status tnas_files_add_stored(tnas_files *files, const char *path, uint64_t at);

/* More bytes of what is being unpacked since `start`; fails when they become too many for a data
 * set of that many packed bytes. `name` is for messages. */
tnas_status tnas_files_store_add(tnas_files *files, const char *name, uint64_t packed_bytes,
                                 uint64_t start, const void *bytes, size_t byte_count);

/* Is it a hidden file, or below a hidden folder? */
bool tnas_files_is_hidden(const char *path);

/* Fills the list of an archive. *is_archive is false, and nothing is done, for another file. */
tnas_status tnas_files_open_archive(tnas_files *files, bool *is_archive);

#endif
