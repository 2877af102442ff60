/* Options that several commands read the same way. */
#ifndef TNAS_CLI_LIMITS_H
#define TNAS_CLI_LIMITS_H

#include "cli/commands.h"
#include "estimators/estimate.h"
#include "study/study.h"

/* --max-*, --reserve-*, --latency-at. */
tnas_status tnas_arguments_limits(const tnas_arguments *arguments, tnas_limits *out);
/* The same over limits that hold where no option was given. */
tnas_status tnas_arguments_limits_over(const tnas_arguments *arguments, tnas_limits *limits);

/* The one operand that must be there; `what` is its name in the help. */
tnas_status tnas_arguments_operand(const tnas_arguments *arguments, const char *what,
                                   const char **out);

/* An option that must be there. */
tnas_status tnas_arguments_require(const tnas_arguments *arguments, tnas_option option,
                                   const char *flag);

/* The result of a study that --target, or else the part, chooses; mcu may be NULL. */
tnas_status tnas_arguments_study(const tnas_arguments *arguments, const char *folder,
                                 const char *mcu, tnas_study **out);

/* The profile's model of a runtime: --runtime-version, else the newest. *out is NULL when the
 * profile has none of the runtime; a version that is not there is a failure. */
tnas_status tnas_arguments_latency_model(const tnas_arguments *arguments, const tnas_mcu *mcu,
                                         const char *runtime, const tnas_latency_model **out);

/* Sets the fields of data/options.h that are given, and leaves the others. */
tnas_status tnas_arguments_data(const tnas_arguments *arguments, tnas_data_options *options);

int tnas_arguments_threads(const tnas_arguments *arguments);

#endif
