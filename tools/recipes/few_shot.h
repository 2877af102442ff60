/* Few measured networks and a kin's model as the prior: what does that reach on the others? */
#ifndef TNAS_TOOLS_FEW_SHOT_H
#define TNAS_TOOLS_FEW_SHOT_H

#include "estimators/priors.h"
#include "tools/recipes/held_out.h"

/* MLPerf Tiny: every ordered pair of two parts that have run all four networks with one runtime
 * in one version. The kin's four rows give the prior, every choice of `measured` networks of the
 * other part is fitted, the rest is predicted. Errors are means over all of these. */
tnas_status tnas_few_shot_mlperf(const char *runtime, int measured, int *pairs, tnas_held_out *out);

#endif
