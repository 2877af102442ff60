#include "common/paths.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the library was installed: make install says it. */
#ifndef TNAS_SHARE_DIR
#define TNAS_SHARE_DIR ""
#endif

enum { PLACES = 5, NAMES_MAX = 256 };

/* Candidate folders that hold configs/, in order; "" for those that do not apply. */
static void list_places(char places[PLACES][TNAS_PATH_BYTES])
{
    for (int i = 0; i < PLACES; i++)
        places[i][0] = '\0';
    const char *home = getenv("TINYNAS_HOME");
    if (home != NULL && strlen(home) < TNAS_PATH_BYTES)
        snprintf(places[0], TNAS_PATH_BYTES, "%s", home);
    char program[TNAS_PATH_BYTES];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        char *slash = strrchr(program, '/');
        *slash = '\0';
        snprintf(places[1], TNAS_PATH_BYTES, "%s", program);
        snprintf(places[2], TNAS_PATH_BYTES, "%.4000s/../share/tinynas", program);
    }
    snprintf(places[3], TNAS_PATH_BYTES, "%s", TNAS_SHARE_DIR);
    snprintf(places[4], TNAS_PATH_BYTES, ".");
}

static bool exists(const char *path)
{
    return tnas_file_exists(path) || tnas_dir_exists(path);
}

tnas_status tnas_config_path(const char *relative, char out[TNAS_PATH_BYTES])
{
    char places[PLACES][TNAS_PATH_BYTES];
    list_places(places);
    for (int i = 0; i < PLACES; i++) {
        if (places[i][0] == '\0')
            continue;
        const int length =
            snprintf(out, TNAS_PATH_BYTES, "%.2000s/configs/%.1000s", places[i], relative);
        if (length > 0 && length < TNAS_PATH_BYTES && exists(out))
            return TNAS_OK;
    }
    out[0] = '\0';
    return tnas_fail(TNAS_ERR_IO,
                     "configs/%s was not found; set TINYNAS_HOME to the folder that holds configs/",
                     relative);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

tnas_status tnas_config_list(const char *kind,
                             tnas_status (*visit)(void *context, const char *name,
                                                  const char *path),
                             void *context)
{
    char folder[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_path(kind, folder));
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s", folder);
    char names[NAMES_MAX][64];
    int name_count = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL && name_count < NAMES_MAX) {
        const size_t length = strlen(entry->d_name);
        if (length <= 5 || length >= 64 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        snprintf(names[name_count++], 64, "%.*s", (int)(length - 5), entry->d_name);
    }
    closedir(dir);
    qsort(names, (size_t)name_count, sizeof names[0], by_name);
    for (int i = 0; i < name_count; i++) {
        char file[80], path[TNAS_PATH_BYTES];
        snprintf(file, sizeof file, "%.64s.json", names[i]);
        TNAS_TRY(tnas_path_join(path, folder, file));
        TNAS_TRY(visit(context, names[i], path));
    }
    return TNAS_OK;
}

static tnas_status append_name(void *context, const char *name, const char *path)
{
    (void)path;
    char *const list = context;
    const size_t used = strlen(list);
    snprintf(list + used, 600 - used, "%s%s", used > 0 ? ", " : "", name);
    return TNAS_OK;
}

tnas_status tnas_config_find(const char *kind, const char *name, char out[TNAS_PATH_BYTES])
{
    if (tnas_file_exists(name)) {
        const int length = snprintf(out, TNAS_PATH_BYTES, "%s", name);
        if (length < TNAS_PATH_BYTES)
            return TNAS_OK;
    }
    char relative[512];
    snprintf(relative, sizeof relative, "%.60s/%.200s.json", kind, name);
    if (strchr(name, '/') == NULL && tnas_config_path(relative, out) == TNAS_OK)
        return TNAS_OK;
    char known[600] = "";
    TNAS_TRY(tnas_config_list(kind, append_name, known));
    return tnas_fail(TNAS_ERR_USAGE, "unknown %.*s \"%s\": neither a file nor one of %s",
                     (int)strlen(kind) - 1, kind, name, known);
}
