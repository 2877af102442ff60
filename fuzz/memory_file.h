/* Readers of files, fed from memory: an unnamed file that the kernel shows under a path. */
#ifndef TNAS_FUZZ_MEMORY_FILE_H
#define TNAS_FUZZ_MEMORY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* What libFuzzer calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count);

/* The path of a file with this content; valid until the next call. */
const char *memory_file(const uint8_t *bytes, size_t byte_count);

/* Aborts unless the status is one that a file may lead to: done, or refused with a sentence that
 * names the file. */
void expect_verdict(tnas_status status, const char *path);

#endif
