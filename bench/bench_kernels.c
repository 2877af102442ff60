/* Speed of the training kernels, one core, on layers of the nets of $SHARED/bench_train.
 *
 *   bench_kernels [SECONDS]
 * A line for each layer:
 *   bench-kernels LAYER forward_gflops share data_gradient_gflops share weight_gradient_gflops
 *   share [openblas forward_gflops data_gradient_gflops weight_gradient_gflops]
 * OpenBLAS computes the same 1x1 layers, with the kernels of OPENBLAS_CORETYPE or its own choice
 * (printed), one thread. Shares are of the multiply-adds that the core can do in registers; "-"
 * where these are not known. Each figure is the best of repeated runs over SECONDS (0.1) of
 * processor time.
 *
 * 1x1 layers read and write whole maps. Depthwise layers read the one plane that nn/depthwise.c
 * keeps in the cache, whose making (`activate`, `gradient`) is not in the figure, and write whole
 * maps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "common/alloc.h"
#include "nn/kernels.h"

typedef struct layer {
    const char *name;
    int32_t images, map;  /* rows and columns of the output */
    int32_t in_c, out_c;  /* depthwise: equal */
    int32_t kernel, step; /* kernel 0: a 1x1 convolution */
} layer;

/* The shapes of training_perf.md, section 3. */
static const layer layers[] = {
    {"1x1-14x14-24-144", 64, 14, 24, 144, 0, 1}, {"1x1-14x14-144-24", 64, 14, 144, 24, 0, 1},
    {"1x1-7x7-240-40", 64, 7, 240, 40, 0, 1},    {"1x1-32x32-16-96", 64, 32, 16, 96, 0, 1},
    {"dw3-14x14-144", 64, 14, 144, 144, 3, 1},   {"dw5-14x14-144", 64, 14, 144, 144, 5, 1},
    {"dw7-14x14-144", 64, 14, 144, 144, 7, 1},   {"dw5-8x8-192", 64, 8, 192, 192, 5, 1},
    {"dw7-6x6-480", 32, 6, 480, 480, 7, 1},      {"dw5-s2-48x48-96", 32, 24, 96, 96, 5, 2},
    {"dw3-s2-32x32-96", 64, 16, 96, 96, 3, 2},
};

/* Floats between channels: as nn/layout.c spreads them, off large powers of two. */
static size_t row_stride(size_t floats)
{
    return (floats / 128 * 2 + 1) * 64 + 64;
}

typedef struct job {
    const tnas_kernels *kernels;
    const layer *layer;
    size_t in_stride, out_stride; /* floats of a channel */
    float *in, *out, *weight;
    float *plane, *dplane; /* depthwise: of one block, with a border */
    float *scratch;        /* 1x1 */
    void (*run)(const struct job *job);
} job;

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double fastest_seconds(const job *j, double seconds)
{
    double best = 1e30;
    const double end = processor_seconds() + seconds;
    do {
        const double started = processor_seconds();
        j->run(j);
        const double took = processor_seconds() - started;
        best = took < best ? took : best;
    } while (processor_seconds() < end);
    return best;
}

/* ---- The limit ---- */

#ifdef __x86_64__
/* Twelve chains cover the latency of two units. */
#define FMA_CHAINS(wide, loops)                                                                    \
    __asm__ volatile("1:\n" FMA(wide, 0) FMA(wide, 1) FMA(wide, 2) FMA(wide, 3) FMA(wide, 4)       \
                         FMA(wide, 5) FMA(wide, 6) FMA(wide, 7) FMA(wide, 8) FMA(wide, 9)          \
                             FMA(wide, 10) FMA(wide, 11) "dec %0\njnz 1b"                          \
                     : "+r"(loops)::"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",        \
                       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "cc")
#define FMA(wide, n) "vfmadd231ps %%" wide "mm12, %%" wide "mm12, %%" wide "mm" #n "\n"
#endif

/* GFLOP/s of multiply-adds in registers; 0 when not known for this instruction set. */
static double peak_gflops(const tnas_kernels *kernels)
{
    double best = 0;
#ifdef __x86_64__
    for (int run = 0; run < 5; run++) {
        long loops = 5000000;
        const bool v4 = strcmp(kernels->isa, "v4") == 0;
        const double flops = (double)loops * 12 * 2 * (v4 ? 16 : 8);
        const double started = processor_seconds();
        if (v4)
            FMA_CHAINS("z", loops);
        else if (strcmp(kernels->isa, "v3") == 0)
            FMA_CHAINS("y", loops);
        else
            return 0;
        const double rate = flops / (processor_seconds() - started) * 1e-9;
        best = rate > best ? rate : best;
    }
#else
    (void)kernels;
#endif
    return best;
}

/* ---- 1x1 convolutions: products over all images and pixels ---- */

static size_t pixel_floats(const layer *l)
{
    return (size_t)l->images * (size_t)(l->map * l->map);
}

/* As in nn/conv.c: tiles of columns that stay in the cache. */
enum { TILE = 2048 };

static void run_product(const job *j, bool transposed)
{
    const layer *const l = j->layer;
    for (size_t at = 0; at < pixel_floats(l); at += TILE) {
        const size_t left = pixel_floats(l) - at;
        const tnas_product p = {.m = transposed ? l->in_c : l->out_c,
                                .k = transposed ? l->out_c : l->in_c,
                                .n = left < TILE ? left : TILE,
                                .a_row = transposed ? 1 : (size_t)l->in_c,
                                .a_col = transposed ? (size_t)l->in_c : 1,
                                .b_row = transposed ? j->out_stride : j->in_stride,
                                .out_row = transposed ? j->in_stride : j->out_stride,
                                .scratch = j->scratch};
        float *const in = j->in + at, *const out = j->out + at;
        j->kernels->multiply(&p, j->weight, transposed ? out : in, transposed ? in : out);
    }
}

static void product_forward(const job *j)
{
    run_product(j, false);
}

static void product_data(const job *j)
{
    run_product(j, true);
}

static void product_weights(const job *j)
{
    for (size_t at = 0; at < pixel_floats(j->layer); at += TILE) {
        const size_t left = pixel_floats(j->layer) - at;
        const tnas_product p = {.m = j->layer->out_c,
                                .k = j->layer->in_c,
                                .n = left < TILE ? left : TILE,
                                .a_row = j->out_stride,
                                .b_row = j->in_stride,
                                .out_row = (size_t)j->layer->in_c};
        j->kernels->multiply_transposed(&p, j->out + at, j->in + at, j->weight);
    }
}

/* The same products by OpenBLAS, whole: it packs for itself. */
static void blas_forward(const job *j)
{
    const layer *const l = j->layer;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->out_c, (int)pixel_floats(l), l->in_c,
                1, j->weight, l->in_c, j->in, (int)j->in_stride, 0, j->out, (int)j->out_stride);
}

static void blas_data(const job *j)
{
    const layer *const l = j->layer;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->in_c, (int)pixel_floats(l), l->out_c, 1,
                j->weight, l->in_c, j->out, (int)j->out_stride, 0, j->in, (int)j->in_stride);
}

static void blas_weights(const job *j)
{
    const layer *const l = j->layer;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, l->out_c, l->in_c, (int)pixel_floats(l), 1,
                j->out, (int)j->out_stride, j->in, (int)j->in_stride, 1, j->weight, l->in_c);
}

/* ---- Depthwise, channel by channel and block by block as in nn/depthwise.c ---- */

/* Rows and columns of the plane that the windows see. */
static int32_t bordered(const layer *l)
{
    return (l->map - 1) * l->step + l->kernel;
}

static tnas_window window_of(const layer *l)
{
    return (tnas_window){.out_h = l->map,
                         .out_w = l->map,
                         .kernel_h = l->kernel,
                         .kernel_w = l->kernel,
                         .stride_h = l->step,
                         .stride_w = l->step,
                         .in_row = (size_t)bordered(l) * TNAS_LANES,
                         .out_row = (size_t)l->map * TNAS_LANES,
                         .out_pixel = TNAS_LANES,
                         .end_row = bordered(l)};
}

/* Calls `plane` for every channel and block, with the block's place in the output's or input's
 * map. */
static void for_planes(const job *j, float *map, size_t stride, size_t floats,
                       void (*plane)(const job *j, float *map))
{
    for (size_t c = 0; c < (size_t)j->layer->out_c; c++)
        for (size_t block = 0; block < (size_t)j->layer->images / TNAS_LANES; block++)
            plane(j, map + c * stride + block * floats);
}

static size_t plane_floats(int32_t side)
{
    return (size_t)(side * side) * TNAS_LANES;
}

static void forward_plane(const job *j, float *out)
{
    const tnas_window w = window_of(j->layer);
    j->kernels->window(&w, j->plane, j->weight, out, false);
}

static void window_forward(const job *j)
{
    for_planes(j, j->out, j->out_stride, plane_floats(j->layer->map), forward_plane);
}

/* A phase for each residue of the input's rows and columns: windows of stride 1 over the gradient
 * of the output, with every `step`-th tap. */
static void data_plane(const job *j, float *din)
{
    const layer *const l = j->layer;
    const int32_t in = l->map * l->step;
    for (int32_t y = 0; y < l->step; y++)
        for (int32_t x = 0; x < l->step; x++) {
            const tnas_window w = {.out_h = l->map,
                                   .out_w = l->map,
                                   .kernel_h = (l->kernel - y + l->step - 1) / l->step,
                                   .kernel_w = (l->kernel - x + l->step - 1) / l->step,
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .in_row = (size_t)(l->map + l->kernel - 1) * TNAS_LANES,
                                   .out_row = (size_t)(in * l->step) * TNAS_LANES,
                                   .out_pixel = (size_t)l->step * TNAS_LANES,
                                   .end_row = l->map + l->kernel - 1};
            j->kernels->window(&w, j->dplane, j->weight, din + (size_t)(y * in + x) * TNAS_LANES,
                               false);
        }
}

static void window_data(const job *j)
{
    for_planes(j, j->in, j->in_stride, plane_floats(j->layer->map * j->layer->step), data_plane);
}

static void weights_plane(const job *j, float *out)
{
    (void)out;
    const tnas_window w = window_of(j->layer);
    const size_t row = (size_t)(j->layer->map + j->layer->kernel - 1) * TNAS_LANES;
    j->kernels->window_gradient(&w, j->plane, j->dplane, row, TNAS_LANES, j->weight);
}

static void window_weights(const job *j)
{
    for_planes(j, j->out, j->out_stride, plane_floats(j->layer->map), weights_plane);
}

/* ---- */

static double rate_of(const job *base, void (*run)(const job *), double seconds)
{
    const layer *const l = base->layer;
    job j = *base;
    j.run = run;
    const double depth = l->kernel > 0 ? l->kernel * l->kernel : l->in_c;
    const double flops = 2.0 * (double)pixel_floats(l) * l->out_c * depth;
    return flops / fastest_seconds(&j, seconds) * 1e-9;
}

static void print_rate(const job *base, void (*run)(const job *), double peak, double seconds)
{
    const double rate = rate_of(base, run, seconds);
    printf(" %.0f", rate);
    if (peak > 0)
        printf(" %.0f%%", 100 * rate / peak);
    else
        printf(" -");
    fflush(stdout);
}

static void bench_layer(const tnas_kernels *kernels, const layer *l, double peak, double seconds)
{
    const bool depthwise = l->kernel > 0;
    const size_t edge = (size_t)(l->map * l->step);
    const size_t depth = (size_t)(l->in_c > l->out_c ? l->in_c : l->out_c);
    job j = {.kernels = kernels, .layer = l};
    j.in_stride = row_stride((size_t)l->images * edge * edge);
    j.out_stride = row_stride(pixel_floats(l));
    j.in = tnas_alloc_zero(j.in_stride * (size_t)l->in_c, sizeof(float));
    j.out = tnas_alloc_zero(j.out_stride * (size_t)l->out_c, sizeof(float));
    j.weight = tnas_alloc_zero((size_t)l->in_c * (size_t)l->out_c + 49 * TNAS_LANES, sizeof(float));
    j.plane = tnas_alloc_zero(depthwise ? plane_floats(bordered(l)) : 1, sizeof(float));
    j.dplane = tnas_alloc_zero(depthwise ? plane_floats(l->map + l->kernel - 1) : 1, sizeof(float));
    j.scratch = tnas_alloc_zero(TNAS_PANEL_FLOATS + depth * TNAS_PANEL, sizeof(float));
    if (j.in == NULL || j.out == NULL || j.weight == NULL || j.plane == NULL || j.dplane == NULL ||
        j.scratch == NULL)
        exit(1);
    printf("bench-kernels %s", l->name);
    print_rate(&j, depthwise ? window_forward : product_forward, peak, seconds);
    print_rate(&j, depthwise ? window_data : product_data, peak, seconds);
    print_rate(&j, depthwise ? window_weights : product_weights, peak, seconds);
    if (!depthwise)
        printf(" openblas %.0f %.0f %.0f", rate_of(&j, blas_forward, seconds),
               rate_of(&j, blas_data, seconds), rate_of(&j, blas_weights, seconds));
    printf("\n");
    tnas_free(j.in);
    tnas_free(j.out);
    tnas_free(j.weight);
    tnas_free(j.plane);
    tnas_free(j.dplane);
    tnas_free(j.scratch);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 0.1;
    const tnas_kernels *kernels;
    if (tnas_kernels_choose(&kernels) != TNAS_OK) {
        fprintf(stderr, "bench_kernels: %s\n", tnas_error_text());
        return 2;
    }
    const double peak = peak_gflops(kernels);
    openblas_set_num_threads(1);
    printf("bench-kernels-peak %s %.0f openblas %s\n", kernels->isa, peak, openblas_get_corename());
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        bench_layer(kernels, &layers[i], peak, seconds);
    return 0;
}
