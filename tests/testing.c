#include "tests/testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *shared_path(const char *relative, char out[TNAS_PATH_BYTES])
{
    const char *shared = getenv("SHARED");
    ck_ok(tnas_path_join(out, shared != NULL ? shared : "../shared", relative));
    if (access(out, R_OK) == 0)
        return out;
    printf("SKIP: %s is not there\n", relative);
    return NULL;
}

static char folders[128][64];
static int folder_count;
static pid_t owner;

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_folders(void)
{
    if (getpid() != owner) /* Check's forked children leave it to whoever made them */
        return;
    for (int i = 0; i < folder_count; i++)
        nftw(folders[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void temporary_folder(char out[TNAS_PATH_BYTES])
{
    if (owner != getpid()) {
        folder_count = 0; /* the parent's folders are the parent's */
        owner = getpid();
        atexit(remove_folders);
    }
    ck_assert_int_lt(folder_count, 128);
    char *const name = folders[folder_count];
    snprintf(name, sizeof folders[0], "/tmp/tinynas-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(name));
    folder_count++;
    memcpy(out, name, sizeof folders[0]);
}

int run_suite(Suite *suite)
{
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
