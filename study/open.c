/* The study's folder: made, locked, and compared with what is asked of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "study/settings.h"

bool tnas_is_study(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    return tnas_path_join(path, folder, "study.db") == TNAS_OK && tnas_file_exists(path);
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
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
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

static tnas_status set_paths(tnas_run *run)
{
    return tnas_path_join(run->supernet_path, run->report->folder, "supernet.bin");
}

tnas_status tnas_run_create_study(tnas_run *run)
{
    const char *const folder = run->report->folder;
    TNAS_TRY(tnas_dir_create(folder));
    TNAS_TRY(lock_folder(run, folder));
    TNAS_TRY(set_paths(run));
    TNAS_TRY(tnas_db_open(folder, true, &run->db));
    TNAS_TRY(tnas_db_begin(run->db));
    tnas_settings settings;
    tnas_settings_of(run, &settings);
    TNAS_TRY(tnas_settings_store(&settings, run->db));
    char path[TNAS_PATH_BYTES];
    if (realpath(run->request->data, path) == NULL)
        snprintf(path, sizeof path, "%s", run->request->data);
    TNAS_TRY(tnas_db_put_meta(run->db, "data_location", path));
    char number[24];
    snprintf(number, sizeof number, "%d", run->input);
    TNAS_TRY(tnas_db_put_meta(run->db, "space_input", number));
    snprintf(number, sizeof number, "%d", run->width);
    TNAS_TRY(tnas_db_put_meta(run->db, "space_width", number));
    TNAS_TRY(tnas_db_put_classes(run->db, run->dataset->class_names, run->dataset->class_count));
    TNAS_TRY(tnas_db_target(run->db, &run->target, &run->target_id));
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
    TNAS_TRY(lock_folder(run, run->report->folder));
    TNAS_TRY(set_paths(run));
    TNAS_TRY(tnas_db_open(run->report->folder, false, &run->db));
    tnas_settings settings;
    tnas_settings_of(run, &settings);
    TNAS_TRY(tnas_settings_check(&settings, run->db, run->report->folder));
    int input, width;
    TNAS_TRY(read_option(run, "space_input", &input));
    TNAS_TRY(read_option(run, "space_width", &width));
    TNAS_TRY(tnas_run_configure(run, input, width));
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_target(run->db, &run->target, &run->target_id));
    return tnas_db_commit(run->db);
}
