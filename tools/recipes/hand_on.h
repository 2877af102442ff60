/* Models of runtimes that nobody has measured on a part: a kin's, scaled and widened. */
#ifndef TNAS_TOOLS_HAND_ON_H
#define TNAS_TOOLS_HAND_ON_H

#include "tools/recipes/refit.h"

/* Those of this profile, after its recipes. */
tnas_status tnas_hand_on_all(tnas_mcu *mcu, int *skipped);

/* Mean error of the one factor between two parts: each network's time from the kin's, with the
 * median ratio of the other networks. *count 0: there are no such rows here. */
tnas_status tnas_hand_on_ratio_error(const tnas_hand_on *h, int *count, double *mean);

#endif
