#include "fuzz/memory_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *memory_file(const uint8_t *bytes, size_t byte_count)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("input", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 ||
        pwrite(file, bytes, byte_count, 0) != (ssize_t)byte_count)
        abort();
    return path;
}

void expect_verdict(tnas_status status, const char *path)
{
    if (status == TNAS_OK || status == TNAS_ERR_NOMEM)
        return;
    const char *const sentence = tnas_error_text();
    if (status == TNAS_ERR_INPUT && strncmp(sentence, path, strlen(path)) == 0 &&
        strlen(sentence) > strlen(path) + 2)
        return;
    fprintf(stderr, "status %d: \"%s\"\n", (int)status, sentence);
    abort();
}
