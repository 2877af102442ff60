/* The front of stored candidates: as the search has stored it, else of what is measured so far. */
#ifndef TNAS_STUDY_FRONT_ROWS_H
#define TNAS_STUDY_FRONT_ROWS_H

#include "study/store.h"

/* Sets on_front of the rows when none of them has it yet: the search still runs. *count is how
 * many are on the front. */
tnas_status tnas_front_rows_mark(tnas_candidate_row *rows, int row_count, int *count);

#endif
