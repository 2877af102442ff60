/* How long the first stage takes: 1000 networks of each of the 108 settings of the mcunet space,
 * drawn, decoded, laid out and priced with latency, for stm32h743 and runtime tinynas.
 *
 *   bench_space [THREADS]         2 unless told otherwise
 * Prints the times on stderr: by the clock, and of the processors (user and system, which other
 * programs do not count in) divided by the threads. On stdout: bench-space NETWORKS_PER_SECOND
 * SECONDS, by the processors' time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "nas/space_table.h"

enum { SAMPLES = 1000, CLASSES = 1000, THREADS = 2 };

typedef struct bench {
    tnas_space space;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
    tnas_pool *pool;
} bench;

static double processor_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static tnas_status open_bench(bench *b, int threads)
{
    TNAS_TRY(tnas_space_load("mcunet", &b->space));
    TNAS_TRY(tnas_mcu_load("stm32h743", &b->mcu));
    TNAS_TRY(tnas_code_sizes_load_for(b->mcu->core, &b->sizes, NULL));
    b->estimator = (tnas_estimator){
        .mcu = b->mcu,
        .runtime = tnas_runtime_find("tinynas", b->mcu->core),
        .latency = tnas_mcu_latency_model(b->mcu, "tinynas"),
        .sizes = &b->sizes,
        .limits = TNAS_LIMITS_NONE,
    };
    return tnas_pool_create(threads, &b->pool);
}

static tnas_status measure(bench *b, int threads)
{
    TNAS_TRY(open_bench(b, threads));
    const tnas_space_task task = {
        .space = &b->space,
        .estimator = &b->estimator,
        .c = 3,
        .class_count = CLASSES,
        .seed = 1,
        .samples = SAMPLES,
    };
    tnas_space_table table;
    const double wall = tnas_clock_seconds(), busy = processor_seconds();
    TNAS_TRY(tnas_space_table_build(&task, b->pool, NULL, &table));
    const double seconds = (processor_seconds() - busy) / threads;
    fprintf(stderr, "%ld networks on %d threads: %.2f s by the clock, %.2f s of each processor\n",
            table.drawn, threads, tnas_clock_seconds() - wall, seconds);
    printf("bench-space %.0f %.2f\n", (double)table.drawn / seconds, seconds);
    tnas_space_table_deinit(&table);
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    static bench b;
    const int threads = argc > 1 ? atoi(argv[1]) : THREADS;
    const tnas_status status = measure(&b, threads > 0 ? threads : THREADS);
    if (status != TNAS_OK)
        fprintf(stderr, "bench_space: %s\n", tnas_error_text());
    tnas_pool_destroy(b.pool);
    tnas_mcu_destroy(b.mcu);
    return tnas_status_exit_code(status);
}
