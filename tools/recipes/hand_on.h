/* Models of runtimes that nobody has measured on a part: a kin's, scaled and widened. */
#ifndef TNAS_TOOLS_HAND_ON_H
#define TNAS_TOOLS_HAND_ON_H

#include "tools/recipes/refit.h"

/* Those of this profile, after its recipes. */
tnas_status tnas_hand_on_all(tnas_mcu *mcu, int *skipped);

#endif
