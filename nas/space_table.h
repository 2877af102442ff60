/* Stage 1 of TinyNAS as a whole: every (input size, width) of a space, how many of its random
 * networks fit, what those compute, and which of them a search should be given.
 *
 * The space whose networks that fit compute most is expected to hold the most accurate ones (Lin
 * et al., "MCUNet", NeurIPS 2020, section 3.1). Nothing is trained: a row is a thousand prices. */
#ifndef TNAS_NAS_SPACE_TABLE_H
#define TNAS_NAS_SPACE_TABLE_H

#include "common/pool.h"
#include "common/progress.h"
#include "nas/search.h"
#include "search_space/space.h"

typedef struct tnas_space_task {
    const tnas_space *space;
    const tnas_estimator *estimator;
    int h, w, c, class_count; /* of the data; h, w count where the space has no inputs */
    int most_h, most_w;       /* inputs larger than this on a side are left out, but for the
                               * smallest: enlarged images tell nothing more; 0: no such rule */
    uint64_t seed;
    int samples; /* networks drawn for each row */
} tnas_space_task;

typedef struct tnas_space_row {
    int input, width; /* indices, as tnas_space_configure takes them */
    int h, w;
    double factor;   /* the width */
    double networks; /* cardinality */
    tnas_space_score score;
} tnas_space_row;

typedef struct tnas_space_table {
    int row_count;
    tnas_space_row *rows; /* by input, then width */
    int chosen;           /* row; TNAS_NONE: nothing fits anywhere */
    int nearest;          /* the row with the network that comes nearest to the limits */
    long drawn;           /* networks of all rows */
} tnas_space_table;

/* Inputs that can be configured: 1 for a space without a list of them. */
int tnas_space_input_count(const tnas_space *space);

/* Scores one row; `config` is storage, and holds the row's space afterwards. */
tnas_status tnas_space_row_score(const tnas_space_task *task, int input, int width,
                                 tnas_space_config *config, tnas_space_row *out);

/* Scores the rows on the pool's threads, whose number changes nothing, and chooses. Release with
 * tnas_space_table_deinit. TNAS_ERR_STOPPED when progress asks to stop. */
tnas_status tnas_space_table_build(const tnas_space_task *task, tnas_pool *pool,
                                   const tnas_progress *progress, tnas_space_table *out);
void tnas_space_table_deinit(tnas_space_table *table);

/* The choice and its reason, one sentence. */
#define TNAS_SPACE_REASON_BYTES 320
void tnas_space_table_explain(const tnas_space_table *table, char out[TNAS_SPACE_REASON_BYTES]);

/* TNAS_ERR_INFEASIBLE, naming the network that comes nearest, the limits that it breaks and by how
 * much. `config` as of the row; `where` narrows the space: "" or ", at width 0.5, ...,". */
tnas_status tnas_space_fail_infeasible(const tnas_space_task *task, const tnas_space_config *config,
                                       const tnas_candidate *nearest, long drawn,
                                       const char *where);
/* The same for a table without a choice. */
tnas_status tnas_space_table_fail(const tnas_space_task *task, const tnas_space_table *table);

#endif
