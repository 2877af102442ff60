/* A budget of time, turned into counts: the counts of a stage are decided when the stage begins,
 * from the speed that was measured and the time that is left, and stored. So the learning rate
 * falls to its end within the budget, a search that is resumed goes on with the same counts, and
 * the counts alone reproduce the result.
 *
 * A count that was asked for explicitly is never changed, and none exceeds the preset's.
 * Private to study/. */
#ifndef TNAS_STUDY_BUDGET_H
#define TNAS_STUDY_BUDGET_H

#include <stdbool.h>

#include "common/status.h"

/*  stage     share   of the budget; a stage that takes less leaves the rest to those after it, one
 *                    that takes more leaves them half of their shares at least */
#define TNAS_BUDGET_SHARES(X)                                                                      \
    X(SUPERNET, 0.55)                                                                              \
    X(SEARCH, 0.20)                                                                                \
    X(FINISH, 0.25)

struct tnas_run;

/* Seconds of the run's clock. */
double tnas_run_now(const struct tnas_run *run);

/* Of a new study: the supernet's steps. */
tnas_status tnas_budget_supernet(struct tnas_run *run);

/* Before the search: when it is to end. */
tnas_status tnas_budget_search(struct tnas_run *run);
/* After a generation in which something was measured: *over says that no other may follow; the
 * number of generations is then what the target stores. */
tnas_status tnas_budget_generation(struct tnas_run *run, int generations, bool *over);

/* Before the finish: the steps of its trainings. */
tnas_status tnas_budget_finish(struct tnas_run *run);

/* Spent on the target, in all runs. */
double tnas_budget_spent_seconds(const struct tnas_run *run);
/* Adds the time since the last call to the target's. */
tnas_status tnas_budget_count_time(struct tnas_run *run);

#endif
