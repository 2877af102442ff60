/* Files that travel inside the program: the runtime's sources and the templates of an export,
 * by their path in the source tree. Written by scripts/embed.sh at build time. */
#ifndef TNAS_EXPORT_EMBEDDED_H
#define TNAS_EXPORT_EMBEDDED_H

#include <stddef.h>

typedef struct tnas_embedded_file {
    const char *path; /* "runtime/tnrt.h" */
    const unsigned char *bytes;
    size_t byte_count;
} tnas_embedded_file;

extern const tnas_embedded_file tnas_embedded_files[];
extern const int tnas_embedded_file_count;

#endif
