/* What the tests of exports share: random images, exports of them, running what was built. */
#ifndef TNAS_TESTS_EXPORT_BUILD_H
#define TNAS_TESTS_EXPORT_BUILD_H

#include "export/export.h"
#include "tests/testing.h"

#define COMMAND_OUTPUT_BYTES 8192

/* The image of random model `index`. */
tnas_image *random_image(uint64_t index);

/* Exports with default options into folder/name and returns that path in `out`. */
void export_into(const tnas_image *image, const char *folder, const char *name,
                 char out[TNAS_PATH_BYTES]);

/* Runs a shell command; its exit code, and what it wrote to both streams. */
int run_command(char output[COMMAND_OUTPUT_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs a shell command that must succeed. */
void must_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool have_program(const char *name);

#endif
