/* The learning rate of a step: a linear warm-up, then half a cosine down to 0. */
#ifndef TNAS_TRAINER_SCHEDULE_H
#define TNAS_TRAINER_SCHEDULE_H

#include "trainer/recipe.h"

/* Steps of the warm-up: warmup_frac of all steps, rounded to the nearest. */
long tnas_schedule_warmup_steps(const tnas_recipe *recipe);

/* A pure function of the step, 0..steps-1. The warm-up's last step and the step after it run
 * at learning_rate; the rate would be 0 at `steps`, so the last step is just above. */
double tnas_schedule_rate(const tnas_recipe *recipe, long step);

#endif
