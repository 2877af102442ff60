/* The study's folder: made, locked, and compared with what is asked of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "study/settings.h"

bool tnas_is_study(const char *folder)
{
    tnas_store_db *db;
    if (tnas_db_open_read(folder, &db) != TNAS_OK)
        return false;
    tnas_db_close(db);
    return true;
}

/* One writer: the lock goes with the process, however it ends. */
static tnas_status lock_folder(tnas_run *run, const char *folder)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "lock"));
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return tnas_fail(TNAS_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    char text[320] = "";
    bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    for (int i = 0; i < 20 && !locked; i++) { /* who only looks holds it for an instant */
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    }
    if (!locked) {
        const ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length > 0 ? length - 1 : 0] = '\0';
        return tnas_fail(TNAS_ERR_IO, "study %s is being written by %s", folder,
                         text[0] != '\0' ? text : "another process");
    }
    char host[256] = "this host";
    gethostname(host, sizeof host - 1);
    const int length = snprintf(text, sizeof text, "%s process %ld\n", host, (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length) {
        close(file);
        return tnas_fail(TNAS_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    run->lock_file = file;
    return TNAS_OK;
}

/* Is anything in the folder that no search has put there? */
static tnas_status refuse_foreign_folder(const char *folder)
{
    static const char *const ours[] = {".",
                                       "..",
                                       "lock",
                                       "study.db",
                                       "study.db-wal",
                                       "study.db-shm",
                                       "progress.json",
                                       "progress.json.new"};
    DIR *const dir = opendir(folder);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s: %s", folder, strerror(errno));
    tnas_status status = TNAS_OK;
    const struct dirent *entry;
    while (status == TNAS_OK && (entry = readdir(dir)) != NULL) {
        bool known = false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known = known || strcmp(entry->d_name, ours[i]) == 0;
        if (!known)
            status = tnas_fail(TNAS_ERR_USAGE,
                               "--study %s: the folder holds %s and is no study; choose another",
                               folder, entry->d_name);
    }
    closedir(dir);
    return status;
}

/* "NAME.tmp123": what a process that was killed had not yet renamed (common/io.h). Only the writer
 * comes here, so nobody is at work on it. */
static int remove_leftover(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    const char *const dot = strrchr(path + walk->base, '.');
    if (type == FTW_F && dot != NULL && strncmp(dot, ".tmp", 4) == 0 && dot[4] != '\0' &&
        dot[4 + strspn(dot + 4, "0123456789")] == '\0')
        unlink(path);
    return 0;
}

/* A dry run leaves the study as it is, and may look at one that is being written. */
static tnas_status look(tnas_run *run, const char *folder, bool *exists)
{
    bool empty;
    TNAS_TRY(tnas_db_open_look(folder, &run->db, &empty));
    *exists = !empty;
    return TNAS_OK;
}

tnas_status tnas_run_attach(tnas_run *run, bool create, bool *exists)
{
    const char *const folder = run->report->folder;
    char path[TNAS_PATH_BYTES];
    *exists = false;
    TNAS_TRY(tnas_path_join(run->supernet_path, folder, "supernet.bin"));
    TNAS_TRY(tnas_path_join(path, folder, "study.db"));
    if (run->db == NULL && !create && !tnas_file_exists(path))
        return TNAS_OK;
    if (run->db == NULL && run->request->dry_run)
        return look(run, folder, exists);
    if (run->db == NULL) {
        TNAS_TRY(tnas_dir_create(folder));
        if (!tnas_file_exists(path))
            TNAS_TRY(refuse_foreign_folder(folder));
        TNAS_TRY(lock_folder(run, folder));
        nftw(folder, remove_leftover, 8, FTW_PHYS);
        TNAS_TRY(tnas_db_open(folder, &run->db));
    }
    bool empty;
    TNAS_TRY(tnas_db_check_version(run->db, &empty));
    *exists = !empty;
    return TNAS_OK;
}

static tnas_status put_number(tnas_run *run, const char *key, int value)
{
    char text[24];
    snprintf(text, sizeof text, "%d", value);
    return tnas_db_put_meta(run->db, key, text);
}

/* One transaction: a study that is killed while it is made was never there. */
tnas_status tnas_run_create_study(tnas_run *run)
{
    char location[TNAS_PATH_BYTES];
    if (realpath(run->request->data, location) == NULL)
        snprintf(location, sizeof location, "%s", run->request->data);
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_create_tables(run->db));
    TNAS_TRY(tnas_settings_store(run));
    TNAS_TRY(tnas_db_put_meta(run->db, "data_location", location));
    TNAS_TRY(tnas_db_put_meta(run->db, "space_location", run->space_file));
    TNAS_TRY(put_number(run, "space_input", run->input));
    TNAS_TRY(put_number(run, "space_width", run->width));
    if (run->space.input_count > 0) {
        char size[24];
        snprintf(size, sizeof size, "%dx%d", run->config->h, run->config->w);
        TNAS_TRY(tnas_db_put_meta(run->db, "data_size", size));
    }
    TNAS_TRY(tnas_db_put_classes(run->db, run->dataset->class_names, run->dataset->class_count));
    return tnas_db_commit(run->db);
}

static tnas_status read_option(tnas_run *run, const char *key, int *out)
{
    char text[24];
    bool found;
    TNAS_TRY(tnas_db_get_meta(run->db, key, text, sizeof text, &found));
    *out = found ? atoi(text) : -1;
    return TNAS_OK;
}

tnas_status tnas_run_open_study(tnas_run *run)
{
    int input, width;
    TNAS_TRY(read_option(run, "space_input", &input));
    TNAS_TRY(read_option(run, "space_width", &width));
    const tnas_space_choice *const choice = &run->request->choice;
    if (choice->given && (choice->input != input || choice->width != width))
        return tnas_fail(TNAS_ERR_USAGE,
                         "study %s has input %d and width %d of its space, this search has %d and "
                         "%d; choose another folder with --study",
                         run->report->folder, input, width, choice->input, choice->width);
    return tnas_run_configure(run, input, width,
                              ", at the width that this study was trained for (another --study may "
                              "choose another),");
}

tnas_status tnas_run_add_target(tnas_run *run)
{
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_target(run->db, &run->target, &run->target_id));
    run->report->target_id = run->target_id;
    TNAS_TRY(tnas_settings_of_target(run));
    TNAS_TRY(tnas_db_get_seconds(run->db, run->target_id, &run->spent_seconds));
    TNAS_TRY(tnas_db_describe_target(run->db, run->target_id, run->report->clock_mhz,
                                     run->report->latency_source));
    return tnas_db_commit(run->db);
}
