/* How the list of files is held. Private to data/files*.c. */
#ifndef TNAS_DATA_FILES_INTERNAL_H
#define TNAS_DATA_FILES_INTERNAL_H

#include "common/arena.h"
#include "data/files.h"

enum { TNAS_FILES_MAX = 20 * 1000 * 1000 };

typedef struct tnas_files_entry {
    const char *path; /* in the arena */
    uint64_t at;      /* in the store; of an archive */
    uint64_t byte_count;
} tnas_files_entry;

typedef struct tnas_files_list {
    int count, capacity;
    tnas_files_entry *entries;
} tnas_files_list;

struct tnas_files {
    char location[TNAS_PATH_BYTES];
    tnas_arena arena;
    tnas_files_list files, folders;
    int store;   /* an unpacked archive; -1: a folder or a file */
    bool is_one; /* the location is the only file, its path is its last part */
};

/* Adds a path unless it is hidden. */
tnas_status tnas_files_add(tnas_files *files, tnas_files_list *list, const char *path, uint64_t at,
                           uint64_t byte_count);

/* Is it a hidden file, or below a hidden folder? */
bool tnas_files_is_hidden(const char *path);

/* Fills the list of an archive. *is_archive is false, and nothing is done, for another file. */
tnas_status tnas_files_open_archive(tnas_files *files, bool *is_archive);

#endif
