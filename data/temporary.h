/* A nameless file on disk: it goes with the process, however that ends. */
#ifndef TNAS_DATA_TEMPORARY_H
#define TNAS_DATA_TEMPORARY_H

#include "common/status.h"

/* In TMPDIR, else /var/tmp (memory file systems are for small files); open for reading and
 * writing. `what` is for the message. */
tnas_status tnas_temporary_open(const char *what, int *out);

#endif
