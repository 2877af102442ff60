/* Where the program finds the files it ships: configs/ and the like.
 *
 * Looked up in this order: $TINYNAS_HOME, the folder of the executable, its
 * ../share/tinynas, that of the installed library, and the working directory. */
#ifndef TNAS_COMMON_PATHS_H
#define TNAS_COMMON_PATHS_H

#include "common/io.h"

/* A file the user names: itself when it exists, else configs/<kind>/<name>.json. On failure
 * (TNAS_ERR_USAGE) the sentence lists the known names. `kind` is "mcus", "spaces" ... */
tnas_status tnas_config_find(const char *kind, const char *name, char out[TNAS_PATH_BYTES]);

/* configs/<relative>; TNAS_ERR_IO when no folder has it. */
tnas_status tnas_config_path(const char *relative, char out[TNAS_PATH_BYTES]);

/* Calls visit for every configs/<kind>/NAME.json, names ascending. */
tnas_status tnas_config_list(const char *kind,
                             tnas_status (*visit)(void *context, const char *name,
                                                  const char *path),
                             void *context);

#endif
