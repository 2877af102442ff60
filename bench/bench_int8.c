/* How many int8 multiply-accumulates a second one thread does on whole networks: the plain C
 * kernels, which are the meaning, and the host's vector kernels, which score a search's candidates.
 *
 *   bench_int8 [SECONDS]      per network and kernels, 1 unless told otherwise
 * Networks of configs/graphs and one of the small-image space for 28x28 grey images, all with
 * random weights: kernels do not look at values. Prints the GMAC/s
 *   bench-int8 NETWORK MACS plain PLAIN ISA HOST ratio RATIO
 * and fails when an output byte differs. TINYNAS_ISA chooses the vectors. Times are processor time
 * of the thread, so that other programs do not count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "common/paths.h"
#include "common/rng.h"
#include "quant/image.h"
#include "quant/synthetic.h"
#include "search_space/space.h"

enum { SIDE = 28, CLASSES = 10, IMAGES_PER_LOOK = 4 };

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fill_input(const tnas_image *image, int8_t *arena)
{
    tnas_rng rng = tnas_rng_stream(2, TNAS_RNG_TEST, 0);
    for (uint32_t i = 0; i < image->model.input_bytes; i++)
        arena[image->model.input + i] = (int8_t)tnas_rng_u64(&rng);
}

/* GMAC/s, and the output, on which all kernels must agree. */
static tnas_status run(const tnas_image *image, double seconds, double *gmacs, int8_t *out)
{
    int8_t *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    if (arena == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "arena of %u bytes", image->model.arena_bytes);
    fill_input(image, arena);
    tnrt_invoke(&image->model, arena);
    memcpy(out, arena + image->model.output, image->model.output_bytes);
    long count = 0;
    double elapsed;
    const double start = thread_seconds();
    do {
        for (int i = 0; i < IMAGES_PER_LOOK; i++)
            tnrt_invoke(&image->model, arena);
        count += IMAGES_PER_LOOK;
        elapsed = thread_seconds() - start;
    } while (elapsed < seconds);
    *gmacs = 1e-9 * (double)tnas_graph_macs(&image->graph) * (double)count / elapsed;
    tnas_free(arena);
    return TNAS_OK;
}

static tnas_status compare(const char *name, tnas_image *image, double seconds)
{
    const tnas_host_kernels *host;
    TNAS_TRY(tnas_host_kernels_choose(&host));
    int8_t *const expected = tnas_alloc_zero(2, image->model.output_bytes);
    if (expected == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "outputs of %s", name);
    int8_t *const got = expected + image->model.output_bytes;
    double plain_gmacs = 0, host_gmacs = 0;
    tnas_status status = run(image, seconds, &plain_gmacs, expected);
    if (status == TNAS_OK)
        status = tnas_image_use_host(image, host);
    if (status == TNAS_OK)
        status = run(image, seconds, &host_gmacs, got);
    if (status == TNAS_OK && memcmp(expected, got, image->model.output_bytes) != 0)
        status = tnas_fail(TNAS_ERR_INTERNAL, "%s: %s kernels and plain C differ", name, host->isa);
    if (status == TNAS_OK)
        printf("bench-int8 %s %lld plain %.2f %s %.2f ratio %.1f\n", name,
               (long long)tnas_graph_macs(&image->graph), plain_gmacs, host->isa, host_gmacs,
               host_gmacs / plain_gmacs);
    tnas_free(expected);
    return status;
}

static tnas_status bench_graph(const char *name, const tnas_graph *graph, double seconds)
{
    tnas_model *model = NULL;
    tnas_image *image = NULL;
    tnas_status status = tnas_synthetic_model(graph, 1, &model);
    if (status == TNAS_OK)
        status = tnas_image_build(model, &tnas_target_tinynas_c, &image);
    if (status == TNAS_OK)
        status = compare(name, image, seconds);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
    return status;
}

static tnas_status bench_file(const char *name, double seconds)
{
    char path[TNAS_PATH_BYTES];
    tnas_graph graph;
    TNAS_TRY(tnas_config_find("graphs", name, path));
    TNAS_TRY(tnas_graph_load(path, &graph));
    return bench_graph(name, &graph, seconds);
}

/* A network as a search on Fashion-MNIST draws it. */
static tnas_status bench_space(double seconds)
{
    tnas_space space;
    tnas_arch arch;
    tnas_graph graph;
    TNAS_TRY(tnas_space_load("small-image", &space));
    tnas_space_config *const config = tnas_alloc_zero(1, sizeof *config);
    if (config == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space");
    const tnas_status status =
        tnas_space_configure(&space, 0, space.width_count - 1, SIDE, SIDE, 1, CLASSES, config);
    if (status == TNAS_OK) {
        tnas_rng rng = tnas_rng_stream(3, TNAS_RNG_TEST, 0);
        tnas_arch_sample(&config->genes, &rng, &arch);
        tnas_space_decode(config, &arch, &graph, NULL);
    }
    tnas_free(config);
    TNAS_TRY(status);
    return bench_graph("small-image", &graph, seconds);
}

static tnas_status bench(double seconds)
{
    static const char *const files[] = {"mcunet-vww1", "pretrainedResnet_quant", "vww_96_int8",
                                        "kws_ref_model", "ad01_int8"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        TNAS_TRY(bench_file(files[i], seconds));
    return bench_space(seconds);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 1;
    const tnas_status status = bench(seconds > 0 ? seconds : 1);
    if (status != TNAS_OK)
        fprintf(stderr, "bench_int8: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
