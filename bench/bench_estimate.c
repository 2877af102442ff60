/* How many architectures a second one thread prices, as a search does: draw, decode, schedule,
 * plan, flash and SRAM, latency with its interval, limits.
 *
 *   bench_estimate [SECONDS]      of every run, 1 unless told otherwise
 * MCUNet space at width 0.5 and 144x144 pixels, 1000 classes, stm32h743, runtime tinynas. Prints
 * the runs on stderr, and on stdout their median: bench-estimate ARCHITECTURES_PER_SECOND Times are
 * processor time of the thread, so that other programs do not count. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/paths.h"
#include "estimators/estimate.h"
#include "search_space/space.h"

enum { RUNS = 7, BATCH = 500, SIDE = 144, CLASSES = 1000 };
static const double width = 0.5;

typedef struct bench {
    tnas_space space;
    tnas_space_config config;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
} bench;

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static tnas_status configure(bench *b)
{
    int input = 0, width_index = 0;
    while (input < b->space.input_count && b->space.inputs[input].h != SIDE)
        input++;
    while (width_index < b->space.width_count && b->space.widths[width_index] != width)
        width_index++;
    return tnas_space_configure(&b->space, input, width_index, SIDE, SIDE, 3, CLASSES, &b->config);
}

static tnas_status open_bench(bench *b)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("spaces", "mcunet", path));
    TNAS_TRY(tnas_space_load(path, &b->space));
    TNAS_TRY(configure(b));
    TNAS_TRY(tnas_mcu_load("stm32h743", &b->mcu));
    TNAS_TRY(tnas_code_sizes_load_for(b->mcu->core, &b->sizes, NULL));
    b->estimator = (tnas_estimator){
        .mcu = b->mcu,
        .runtime = tnas_runtime_find("tinynas", b->mcu->core),
        .latency = tnas_mcu_latency_model(b->mcu, "tinynas"),
        .sizes = &b->sizes,
        .limits = TNAS_LIMITS_NONE,
    };
    if (b->estimator.latency == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "stm32h743 has no latency model for tinynas");
    return TNAS_OK;
}

static tnas_status run(const bench *b, tnas_rng *rng, double seconds, double *rate)
{
    tnas_arch arch;
    tnas_graph graph;
    tnas_cost cost;
    long count = 0;
    double elapsed;
    const double start = thread_seconds();
    do {
        for (int i = 0; i < BATCH; i++) {
            tnas_arch_sample(&b->config.genes, rng, &arch);
            tnas_space_decode(&b->config, &arch, &graph, NULL);
            TNAS_TRY(tnas_estimate(&b->estimator, &graph, &cost));
        }
        count += BATCH;
        elapsed = thread_seconds() - start;
    } while (elapsed < seconds);
    *rate = (double)count / elapsed;
    return TNAS_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static tnas_status measure(bench *b, double seconds)
{
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_TEST, 0);
    double rates[RUNS];
    TNAS_TRY(open_bench(b));
    for (int i = 0; i < RUNS; i++) {
        TNAS_TRY(run(b, &rng, seconds, &rates[i]));
        fprintf(stderr, "run %d: %.0f architectures per second\n", i + 1, rates[i]);
    }
    qsort(rates, RUNS, sizeof rates[0], ascending);
    printf("bench-estimate %.0f\n", rates[RUNS / 2]);
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    static bench b;
    const double seconds = argc > 1 ? atof(argv[1]) : 1;
    const tnas_status status = measure(&b, seconds > 0 ? seconds : 1);
    if (status != TNAS_OK)
        fprintf(stderr, "bench_estimate: %s\n", tnas_error_text());
    tnas_mcu_destroy(b.mcu);
    return tnas_status_exit_code(status);
}
