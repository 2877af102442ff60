/* The latency models that configs/mcus ships: which measurements, which prior, which kin. */
#ifndef TNAS_ESTIMATORS_SHIPPED_H
#define TNAS_ESTIMATORS_SHIPPED_H

#include "estimators/mcu.h"

/* Fits the shipped models of this part again, from configs/measurements and configs/graphs,
 * and puts them in place of those in the profile. Same files, same models. A part without
 * recipes keeps what it has. */
tnas_status tnas_shipped_fit(tnas_mcu *mcu);

#endif
