/* GAP8's cluster kernels on threads: layers cut into tiles of every kind give the bytes of plain
 * C, stay within the L1 that their tile was promised, and wait for every copy (the host's DMA
 * writes garbage first and the data at the wait). The tiler is tested as the pure function it is.
 */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/target_tinynas.h"
#include "graph/tile.h"
#include "quant/image.h"
#include "runtime/gap8/tnrt_gap8_port.h"
#include "tests/random_model.h"
#include "tests/testing.h"

enum { LAYERS_PER_TEST = 500, SMALL_L1_TESTS = 20, THREADED_LAYERS = 40, LARGE_LAYER_TESTS = 24 };

static const int8_t l1_pattern = 0x5a;

static void random_bytes(tnas_rng *rng, int8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)((int)tnas_rng_below(rng, 256) - 128);
}

/* ---- Cutting an image again ---------------------------------------------------------------- */

typedef struct tile_tally {
    int layers, tiled, sliced, in_columns, pixels_outermost, one_pixel;
} tile_tally;

static void tally_tile(const tnrt_gap8_shape *shape, const tnrt_gap8_tile *tile, tile_tally *tally)
{
    const bool rows = tile->h < shape->out_h, columns = tile->w < shape->out_w;
    tally->layers++;
    tally->tiled += rows || columns;
    tally->in_columns += columns;
    tally->sliced += tile->c < shape->out_c;
    tally->pixels_outermost += tile->c < shape->out_c && (rows || columns) &&
                               (tile->flags & TNRT_GAP8_PIXELS_OUTERMOST) != 0;
    tally->one_pixel += tile->h == 1 && tile->w == 1 && columns;
}

/* A tile of any extents that fits. */
static bool random_tile(tnas_rng *rng, const tnrt_gap8_shape *shape, int64_t l1_bytes,
                        tnrt_gap8_tile *tile)
{
    for (int i = 0; i < 20; i++) {
        tile->h = 1 + (int32_t)tnas_rng_below(rng, (uint32_t)shape->out_h);
        tile->w = 1 + (int32_t)tnas_rng_below(rng, (uint32_t)shape->out_w);
        tile->c = 4 * (1 + (int32_t)tnas_rng_below(rng, (uint32_t)(shape->out_c + 3) / 4));
        tile->c = tile->c < shape->out_c ? tile->c : shape->out_c;
        tile->flags = (int32_t)tnas_rng_below(rng, 2);
        if (tnrt_gap8_buffers_of(shape, tile).bytes <= l1_bytes)
            return true;
    }
    return false;
}

/* Cuts every layer for l1_bytes, by the tiler or at random; returns the most bytes that a layer
 * takes of L1. */
static int64_t cut_again(tnas_image *image, tnas_rng *rng, int64_t l1_bytes, tile_tally *tally)
{
    int64_t most = 0;
    for (int i = 0; i < image->graph.op_count; i++) {
        const tnas_image_row *const row = &image->rows[i];
        if (image->schedule.steps[row->step].kernel < TNAS_PLAIN_KERNEL_COUNT)
            continue;
        int32_t *const params = image->params + row->param_at;
        tnrt_gap8_shape shape;
        tnrt_gap8_tile tile;
        tnas_tile_shape(&image->graph, row->op, &shape);
        const int64_t bytes = tnas_tile_fits(&shape, l1_bytes) ? l1_bytes : TNRT_GAP8_L1_BYTES;
        if (tnas_rng_below(rng, 2) == 0 || !random_tile(rng, &shape, bytes, &tile))
            tile = tnas_tile_find(&shape, bytes);
        params[TNRT_GAP8_TILE_H_AT] = tile.h;
        params[TNRT_GAP8_TILE_W_AT] = tile.w;
        params[TNRT_GAP8_TILE_C_AT] = tile.c;
        params[TNRT_GAP8_FLAGS_AT] = (params[TNRT_GAP8_FLAGS_AT] & TNRT_GAP8_FLAT) | tile.flags;
        tally_tile(&shape, &tile, tally);
        const int64_t taken = tnrt_gap8_buffers_of(&shape, &tile).bytes;
        ck_assert_int_le(taken, bytes);
        most = taken > most ? taken : most;
    }
    return most;
}

/* ---- Comparison ---------------------------------------------------------------------------- */

static void run(const tnas_image *image, tnas_rng *rng, const int8_t *in, int8_t *out)
{
    int8_t *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    ck_assert_ptr_nonnull(arena);
    random_bytes(rng, arena, image->model.arena_bytes);
    tnas_image_run(image, arena, in, out);
    tnas_free(arena);
}

static void describe(const tnas_image *image, char *text, size_t bytes)
{
    const tnas_op *const op = &image->graph.ops[0];
    const tnas_tensor *const in = &image->graph.tensors[0], *const out = &image->graph.tensors[1];
    const int32_t *const params = image->params;
    snprintf(
        text, bytes, "%s %dx%d stride %dx%d pads %d %d, %dx%dx%d to %dx%dx%d, tile %dx%dx%d/%d",
        tnas_op_kind_text(op->kind), op->kernel_h, op->kernel_w, op->stride_h, op->stride_w,
        op->pad_top, op->pad_left, (int)in->h, (int)in->w, (int)in->c, (int)out->h, (int)out->w,
        (int)out->c, (int)params[0], (int)params[1], (int)params[2], (int)params[3]);
}

/* Cuts the model's layers for l1_bytes and compares its output with plain C's. */
static void same_bytes(const tnas_model *model, tnas_rng *rng, int64_t l1_bytes, tile_tally *tally)
{
    tnas_image *plain, *cluster;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &plain));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_gap8, &cluster));
    const int64_t taken = cut_again(cluster, rng, l1_bytes, tally);
    const size_t in_count = plain->model.input_bytes, out_count = plain->model.output_bytes;
    int8_t *const bytes = tnas_alloc_zero(in_count + 2 * out_count, 1);
    int8_t *const expected = bytes + in_count, *const got = expected + out_count;
    random_bytes(rng, bytes, in_count);
    run(plain, rng, bytes, expected);
    int8_t *const l1 = tnrt_gap8_l1();
    memset(l1, l1_pattern, TNRT_GAP8_L1_BYTES);
    run(cluster, rng, bytes, got);
    char text[200];
    describe(cluster, text, sizeof text);
    for (size_t i = 0; i < out_count; i++)
        if (expected[i] != got[i])
            ck_abort_msg("byte %zu is %d, plain C says %d; first operator %s", i, got[i],
                         expected[i], text);
    for (int64_t i = taken; i < TNRT_GAP8_L1_BYTES; i++)
        if (l1[i] != l1_pattern)
            ck_abort_msg("wrote byte %lld of L1, has %lld; first operator %s", (long long)i,
                         (long long)taken, text);
    tnas_free(bytes);
    tnas_image_destroy(plain);
    tnas_image_destroy(cluster);
}

START_TEST(layers_in_little_l1_give_the_bytes_of_plain_c)
{
    tile_tally tally = {0};
    for (int i = 0; i < LAYERS_PER_TEST; i++) {
        tnas_rng rng =
            tnas_rng_stream(SEED + 8, TNAS_RNG_TEST, (uint64_t)(_i * LAYERS_PER_TEST + i));
        tnas_model *const model = random_layer_model(&rng);
        same_bytes(model, &rng, 256 + tnas_rng_below(&rng, 8192), &tally);
        tnas_model_destroy(model);
    }
    /* Every way of cutting is among them. */
    ck_assert_int_ge(tally.layers, LAYERS_PER_TEST / 3);
    ck_assert_int_ge(tally.tiled, 60);
    ck_assert_int_ge(tally.in_columns, 30);
    ck_assert_int_ge(tally.sliced, 60);
    ck_assert_int_ge(tally.pixels_outermost, 10);
    ck_assert_int_ge(tally.one_pixel, 1);
}
END_TEST

/* The cores as threads: what they do does not depend on their order. Few tiles, for starting a
 * thread takes longer than computing one. */
START_TEST(cores_that_run_at_once_give_the_bytes_of_plain_c)
{
    tile_tally tally = {0};
    tnrt_gap8_use_threads(1);
    for (int i = 0; i < THREADED_LAYERS; i++) {
        tnas_rng rng = tnas_rng_stream(SEED + 14, TNAS_RNG_TEST, (uint64_t)i);
        tnas_model *const model = random_layer_model(&rng);
        same_bytes(model, &rng, TNRT_GAP8_L1_BYTES, &tally);
        tnas_model_destroy(model);
    }
    tnrt_gap8_use_threads(0);
}
END_TEST

START_TEST(large_layers_give_the_bytes_of_plain_c)
{
    tile_tally tally = {0};
    for (int i = 0; i < 4; i++) {
        tnas_rng rng = tnas_rng_stream(SEED + 9, TNAS_RNG_TEST, (uint64_t)(_i * 4 + i));
        tnas_model *const model = random_layer_model_within(&rng, 40, 160);
        same_bytes(model, &rng, TNRT_GAP8_L1_BYTES, &tally);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(networks_in_little_l1_give_the_bytes_of_plain_c)
{
    tile_tally tally = {0};
    tnas_rng rng = tnas_rng_stream(SEED + 10, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_model *const model = random_int8_model(&rng);
    same_bytes(model, &rng, 512 + tnas_rng_below(&rng, 4096), &tally);
    tnas_model_destroy(model);
}
END_TEST

/* ---- Calls that are not the whole layer ---------------------------------------------------- */

/* The rows of a layer from `first` on, as a patch would compute them. */
static void call_from_row(const tnas_image *image, int8_t *arena, int first, tnrt_call *call)
{
    const tnrt_layer *const layer = &image->layers[0];
    const int32_t top = first * layer->stride_h - layer->pad_top;
    const int32_t skipped = top > 0 ? top : 0;
    *call = (tnrt_call){
        .in = arena + layer->in + skipped * layer->in_w * layer->in_c,
        .out = arena + layer->out + first * layer->out_w * layer->out_c,
        .in_row_stride = layer->in_w * layer->in_c,
        .in2_row_stride = layer->in_w * layer->in_c,
        .out_row_stride = layer->out_w * layer->out_c,
        .in_h = layer->in_h - skipped,
        .in_w = layer->in_w,
        .out_h = layer->out_h - first,
        .out_w = layer->out_w,
        .pad_top = top < 0 ? -top : 0,
        .pad_left = layer->pad_left,
    };
    call->in2 = call->in;
}

START_TEST(a_part_of_a_layer_is_the_same_kernel_with_another_call)
{
    tnas_rng rng = tnas_rng_stream(SEED + 11, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_model *const model = random_layer_model(&rng);
    tnas_image *images[2];
    int8_t *arenas[2];
    tile_tally tally = {0};
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &images[0]));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_gap8, &images[1]));
    cut_again(images[1], &rng, 2048, &tally);
    const int first = (int)tnas_rng_below(&rng, (uint32_t)images[0]->layers[0].out_h);
    for (int i = 0; i < 2; i++) {
        tnrt_call call;
        arenas[i] = tnas_alloc_zero(images[i]->model.arena_bytes, 1);
        ck_assert_ptr_nonnull(arenas[i]);
        tnas_rng same = tnas_rng_stream(SEED + 12, TNAS_RNG_TEST, (uint64_t)_i);
        random_bytes(&same, arenas[i] + images[i]->model.input, images[i]->model.input_bytes);
        call_from_row(images[i], arenas[i], first, &call);
        images[i]->layers[0].kernel(&images[i]->layers[0], &call);
    }
    const tnrt_layer *const layer = &images[0]->layers[0];
    const size_t row_bytes = (size_t)(layer->out_w * layer->out_c);
    ck_assert_mem_eq(arenas[0] + images[0]->model.output + (size_t)first * row_bytes,
                     arenas[1] + images[1]->model.output + (size_t)first * row_bytes,
                     (size_t)(layer->out_h - first) * row_bytes);
    for (int i = 0; i < 2; i++) {
        tnas_free(arenas[i]);
        tnas_image_destroy(images[i]);
    }
    tnas_model_destroy(model);
}
END_TEST

/* ---- The tiler ----------------------------------------------------------------------------- */

static const tnrt_gap8_shape vww_stem = {3, 48, 48, 8, 3, 3, 2, 2, 1, 0, 1};
static const tnrt_gap8_shape wide_pointwise = {240, 6, 6, 1000, 1, 1, 1, 1, 1, 0, 1};
static const tnrt_gap8_shape depthwise = {96, 48, 48, 96, 3, 3, 1, 1, 1, 1, 1};

START_TEST(a_layer_that_fits_whole_is_one_tile_when_that_moves_least)
{
    const tnrt_gap8_shape shape = {16, 6, 6, 16, 1, 1, 1, 1, 1, 0, 1};
    const tnrt_gap8_tile tile = tnas_tile_find(&shape, TNRT_GAP8_L1_BYTES);
    ck_assert_int_eq(tile.h, 6);
    ck_assert_int_eq(tile.w, 6);
    ck_assert_int_eq(tile.c, 16);
    ck_assert_int_eq(tnas_tile_moved_bytes(&shape, &tile), 36 * 16 + 16 * 16 + 16 * 12 + 36 * 16);
}
END_TEST

START_TEST(moved_bytes_count_halo_rows_and_what_is_read_again)
{
    /* 47 rows of input in 2 tiles of 24 output rows: 49 + 49 rows of 97 pixels. */
    const tnrt_gap8_tile halves = {24, 48, 8, 0};
    ck_assert_int_eq(tnas_tile_moved_bytes(&vww_stem, &halves),
                     2 * 49 * 97 * 3 + 2 * (3 * 3 * 16 + 48) + 48 * 48 * 8);
    const int64_t weights = 250 * (60 * 16 + 48), in = 6 * 6 * 240, out = 6 * 6 * 1000;
    const tnrt_gap8_tile slices = {6, 6, 100, 0}, rows = {1, 6, 100, 0};
    const tnrt_gap8_tile pixels_first = {1, 6, 100, TNRT_GAP8_PIXELS_OUTERMOST};
    ck_assert_int_eq(tnas_tile_moved_bytes(&wide_pointwise, &slices), in + weights + out);
    ck_assert_int_eq(tnas_tile_moved_bytes(&wide_pointwise, &rows), 10 * in + weights + out);
    ck_assert_int_eq(tnas_tile_moved_bytes(&wide_pointwise, &pixels_first), in + 6 * weights + out);
}
END_TEST

START_TEST(a_tile_takes_all_its_buffers_twice_when_there_is_a_next_one)
{
    const tnrt_gap8_tile whole = {48, 48, 96, 0}, part = {4, 48, 96, 0};
    const tnrt_gap8_buffers once = tnrt_gap8_buffers_of(&depthwise, &whole);
    const tnrt_gap8_buffers twice = tnrt_gap8_buffers_of(&depthwise, &part);
    ck_assert_int_eq(once.in_copies + once.weight_copies + once.out_copies, 3);
    ck_assert_int_eq(twice.in_copies, 2);
    ck_assert_int_eq(twice.out_copies, 2);
    ck_assert_int_eq(twice.weight_copies, 1);
    /* Six rows of 50 pixels, one tap and three bytes behind them. */
    ck_assert_int_eq(twice.in_bytes, (6 * 50 * 96 + 96 + 3 + 15) / 16 * 16);
    ck_assert_int_eq(twice.bytes, 2 * twice.in_bytes + twice.weight_bytes + twice.record_bytes +
                                      2 * twice.out_bytes);
}
END_TEST

START_TEST(found_tiles_fit_and_no_random_tile_moves_far_less)
{
    tnas_rng rng = tnas_rng_stream(SEED + 13, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_model *const model = random_layer_model_within(&rng, 60, 200);
    const int64_t l1_bytes = 4096 + tnas_rng_below(&rng, TNRT_GAP8_L1_BYTES - 4096);
    tnrt_gap8_shape shape;
    tnas_tile_shape(&model->graph, 0, &shape);
    if (tnas_tile_fits(&shape, l1_bytes)) {
        const tnrt_gap8_tile found = tnas_tile_find(&shape, l1_bytes);
        const int64_t moved = tnas_tile_moved_bytes(&shape, &found);
        ck_assert_int_le(tnrt_gap8_buffers_of(&shape, &found).bytes, l1_bytes);
        for (int i = 0; i < 100; i++) {
            tnrt_gap8_tile other;
            if (random_tile(&rng, &shape, l1_bytes, &other))
                ck_assert_msg(2 * tnas_tile_moved_bytes(&shape, &other) + 2 * l1_bytes >= moved,
                              "tile %dx%dx%d moves %lld, %dx%dx%d only %lld", (int)found.h,
                              (int)found.w, (int)found.c, (long long)moved, (int)other.h,
                              (int)other.w, (int)other.c,
                              (long long)tnas_tile_moved_bytes(&shape, &other));
        }
    }
    tnas_model_destroy(model);
}
END_TEST

/* A fully connected layer on 28x28x64 pixels: four rows of its weights are 200 KB. */
START_TEST(a_layer_without_a_tile_is_left_to_plain_c)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 28, 28, 64);
    tnas_op op = {.kind = TNAS_OP_FC,
                  .in = {0, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    ck_assert_int_ne(tnas_graph_append(&graph, &op, 4), TNAS_NONE);
    ck_assert_int_eq(tnas_target_tinynas_gap8.kernel_for(&graph, 0), TNAS_KERNEL_tnrt_fc_s8);
    tnas_graph_init(&graph, 4, 4, 64);
    ck_assert_int_ne(tnas_graph_append(&graph, &op, 4), TNAS_NONE);
    const int kernel = tnas_target_tinynas_gap8.kernel_for(&graph, 0);
    ck_assert_str_eq(tnas_target_tinynas_gap8.kernel_name(kernel), "tnrt_conv2d_s8_gap8");
}
END_TEST

/* The largest extents a graph may have do not overflow. */
START_TEST(huge_layers_are_priced_without_overflow)
{
    static const tnrt_gap8_shape shapes[] = {
        {32767, 32767, 1, 32767, 255, 255, 1, 1, 1, 0, 1},
        {4096, 32767, 1, 4096, 255, 255, 255, 255, 1, 1, 0},
        {1 << 27, 1, 1, 32767, 1, 1, 1, 1, 1, 0, 1},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const tnrt_gap8_tile whole = {shapes[i].out_h, shapes[i].out_w, shapes[i].out_c, 0};
        ck_assert(!tnas_tile_fits(&shapes[i], TNRT_GAP8_L1_BYTES));
        if (i == 1)
            ck_assert_int_gt(tnrt_gap8_buffers_of(&shapes[i], &whole).bytes, (int64_t)1 << 40);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("gap8");
    TCase *const tc = tcase_create("gap8");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, layers_in_little_l1_give_the_bytes_of_plain_c, 0, SMALL_L1_TESTS);
    tcase_add_test(tc, cores_that_run_at_once_give_the_bytes_of_plain_c);
    tcase_add_loop_test(tc, large_layers_give_the_bytes_of_plain_c, 0, LARGE_LAYER_TESTS);
    tcase_add_loop_test(tc, networks_in_little_l1_give_the_bytes_of_plain_c, 0, 20);
    tcase_add_loop_test(tc, a_part_of_a_layer_is_the_same_kernel_with_another_call, 0, 300);
    tcase_add_test(tc, a_layer_that_fits_whole_is_one_tile_when_that_moves_least);
    tcase_add_test(tc, moved_bytes_count_halo_rows_and_what_is_read_again);
    tcase_add_test(tc, a_tile_takes_all_its_buffers_twice_when_there_is_a_next_one);
    tcase_add_loop_test(tc, found_tiles_fit_and_no_random_tile_moves_far_less, 0, 60);
    tcase_add_test(tc, a_layer_without_a_tile_is_left_to_plain_c);
    tcase_add_test(tc, huge_layers_are_priced_without_overflow);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
