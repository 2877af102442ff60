/* How long a search of 3,000 candidates takes, and where the time goes.
 *
 *   bench_search DATA FOLDER [THREADS]      2 threads unless told otherwise
 * DATA is Fashion-MNIST; the supernet is read from FOLDER/supernet.bin, or trained and kept there
 * first, which is not counted. Published defaults: a population of 100, 30 generations. Everything
 * is priced; what the predictor does not screen away is judged by inherited weights. Prints one
 * line a fit of the predictor, then the split of the time. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "common/alloc.h"
#include "common/progress.h"
#include "common/rank.h"
#include "nas/front.h"
#include "tools/recipes/search_lab.h"

/* Of all threads, since the program began: what other programs leave alone. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What the predictor said of candidates before they were measured, against the measurement. */
static tnas_status print_surprise(const tnas_search *search)
{
    const tnas_candidate *const scored = tnas_search_scored(search);
    const int count = tnas_search_scored_count(search);
    double *const values = tnas_alloc_zero((size_t)count, 2 * sizeof *values);
    if (values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d candidates", count);
    int compared = 0;
    double squares = 0, rho;
    for (int i = 0; i < count; i++) {
        if (scored[i].source != TNAS_SCORE_MEASURED || isnan(scored[i].expected))
            continue;
        values[compared] = scored[i].accuracy;
        values[count + compared++] = scored[i].expected;
        squares += pow(scored[i].accuracy - scored[i].expected, 2);
    }
    const tnas_status status = tnas_rank_spearman(values, values + count, compared, &rho);
    if (status == TNAS_OK && compared > 0)
        printf("predicted before they were measured: %d, RMSE %.2f points, Spearman %.2f\n",
               compared, 100 * sqrt(squares / compared), rho);
    tnas_free(values);
    return status;
}

static tnas_status print_search(const tnas_search *search)
{
    const tnas_screening *const screenings = tnas_search_screenings(search);
    for (int i = 0; i < tnas_search_screening_count(search); i++) {
        const tnas_predictor_report *const r = &screenings[i].report;
        printf("generation %2d: %4d samples, held-out RMSE %.2f points (mean alone %.2f), Spearman "
               "%.2f, Kendall %.2f%s\n",
               screenings[i].generation + 1, r->samples, 100 * r->rmse, 100 * r->baseline_rmse,
               r->spearman, r->kendall, screenings[i].is_trusted ? "" : "; not trusted");
    }
    TNAS_TRY(print_surprise(search));
    int *front, front_count;
    TNAS_TRY(tnas_front_find(tnas_search_scored(search), tnas_search_scored_count(search), &front,
                             &front_count));
    tnas_free(front);
    const tnas_candidate *const best = tnas_search_best(search);
    printf("best %.2f %%, %.2f ms, %zu bytes of SRAM, %zu of flash; front of %d\n",
           100 * best->accuracy, best->cost.latency_ms, best->cost.footprint.sram_bytes,
           best->cost.footprint.flash_bytes, front_count);
    return TNAS_OK;
}

static tnas_status bench(search_lab *lab, int threads)
{
    const tnas_evolution evolution = tnas_evolution_default();
    const tnas_search_config config =
        search_lab_config(lab, TNAS_STRATEGY_EVOLUTION, &evolution, 1);
    const double started = tnas_clock_seconds();
    tnas_search *search = NULL;
    tnas_status status = search_lab_run(lab, &config, 0, &search);
    const double seconds = tnas_clock_seconds() - started;
    if (status == TNAS_OK)
        status = print_search(search);
    if (status == TNAS_OK) {
        const int scored = tnas_search_scored_count(search);
        const int measured = tnas_search_measured_count(search);
        const tnas_draw_counts *const draws = tnas_search_draws(search);
        printf("%d candidates of %ld drawn, %d measured on %d images, %d predicted; %d threads\n",
               scored, draws->drawn, measured, lab->validation_images, scored - measured, threads);
        printf("measuring %.1f s (%.3f s each), pricing %.1f s, predictor and the rest %.1f s\n",
               lab->judge_seconds, lab->judge_seconds / (double)lab->judged, lab->price_seconds,
               seconds - lab->judge_seconds - lab->price_seconds);
        printf("bench-search %.1f s, of processor time %.1f s\n", seconds, processor_seconds());
    }
    tnas_search_destroy(search);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_search DATA FOLDER [THREADS]\n");
        return 2;
    }
    const int threads = argc > 3 ? atoi(argv[3]) : 2;
    search_lab lab;
    tnas_status status = search_lab_open(argv[1], argv[2], SEARCH_LAB_SPACE, SEARCH_LAB_WIDEST,
                                         threads, false, &lab);
    if (status == TNAS_OK)
        status = bench(&lab, threads);
    search_lab_close(&lab);
    if (status != TNAS_OK)
        fprintf(stderr, "bench_search: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
