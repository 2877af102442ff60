#include "data/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

/* Where the file system has no nameless files. */
static int open_and_unlink(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    if (tnas_path_join(path, folder, "tinynas-XXXXXX") != TNAS_OK)
        return -1;
    const int file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

tnas_status tnas_temporary_open(const char *what, int *out)
{
    const char *folder = getenv("TMPDIR");
    folder = folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
    *out = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*out < 0)
        *out = open_and_unlink(folder);
    if (*out < 0)
        return tnas_fail(TNAS_ERR_IO, "cannot make a temporary file in %s for %s: %s", folder, what,
                         strerror(errno));
    return TNAS_OK;
}
