/* Every variant of our runtime gives the bytes of plain C. On the host the instructions of a
 * variant are portable C functions; on its own processor the same comparison is made by the
 * firmware of an export. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/image.h"
#include "tests/random_model.h"
#include "tests/testing.h"

enum { LAYER_COUNT = 10000, LAYERS_PER_CHECK = 500, NETWORK_COUNT = 60 };

static void random_bytes(tnas_rng *rng, int8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)((int)tnas_rng_below(rng, 256) - 128);
}

/* The arena starts as noise: nothing may depend on what lay there. */
static void run(const tnas_image *image, tnas_rng *rng, const int8_t *in, int8_t *out)
{
    int8_t *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    ck_assert_ptr_nonnull(arena);
    random_bytes(rng, arena, image->model.arena_bytes);
    tnas_image_run(image, arena, in, out);
    tnas_free(arena);
}

static void describe(const tnas_model *model, char text[160])
{
    const tnas_op *const op = &model->graph.ops[0];
    const tnas_tensor *const in = &model->graph.tensors[0], *const out = &model->graph.tensors[1];
    snprintf(text, 160, "%s %dx%d stride %dx%d pads %d %d, %dx%dx%d to %dx%dx%d",
             tnas_op_kind_text(op->kind), op->kernel_h, op->kernel_w, op->stride_h, op->stride_w,
             op->pad_top, op->pad_left, (int)in->h, (int)in->w, (int)in->c, (int)out->h,
             (int)out->w, (int)out->c);
}

static void same_bytes(const tnas_model *model, const tnas_target *target, tnas_rng *rng)
{
    tnas_image *plain, *variant;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &plain));
    ck_ok(tnas_image_build(model, target, &variant));
    const size_t in_count = plain->model.input_bytes, out_count = plain->model.output_bytes;
    int8_t *const bytes = tnas_alloc_zero(in_count + 2 * out_count, 1);
    int8_t *const expected = bytes + in_count, *const got = expected + out_count;
    random_bytes(rng, bytes, in_count);
    run(plain, rng, bytes, expected);
    run(variant, rng, bytes, got);
    for (size_t i = 0; i < out_count; i++) {
        char text[160];
        if (expected[i] == got[i])
            continue;
        describe(model, text);
        ck_abort_msg("%s: byte %zu is %d, plain C says %d; first operator %s by %s", target->name,
                     i, got[i], expected[i], text, variant->rows[0].kernel_name);
    }
    tnas_free(bytes);
    tnas_image_destroy(plain);
    tnas_image_destroy(variant);
}

/* _i: variant and share of the layers. */
START_TEST(random_layers_give_the_bytes_of_plain_c)
{
    const int share = _i % (LAYER_COUNT / LAYERS_PER_CHECK);
    const tnas_variant *const variant = tnas_variant_at(1 + _i / (LAYER_COUNT / LAYERS_PER_CHECK));
    for (int i = 0; i < LAYERS_PER_CHECK; i++) {
        tnas_rng rng =
            tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)(share * LAYERS_PER_CHECK + i));
        tnas_model *const model = random_layer_model(&rng);
        same_bytes(model, variant->target, &rng);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(random_networks_give_the_bytes_of_plain_c)
{
    for (int v = 1; v < tnas_variant_count(); v++) {
        tnas_rng rng = tnas_rng_stream(SEED + 1, TNAS_RNG_TEST, (uint64_t)_i);
        tnas_model *const model = random_int8_model(&rng);
        same_bytes(model, tnas_variant_at(v)->target, &rng);
        tnas_model_destroy(model);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("variants");
    TCase *const tc = tcase_create("variants");
    const int shares = LAYER_COUNT / LAYERS_PER_CHECK;
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_layers_give_the_bytes_of_plain_c, 0,
                        (tnas_variant_count() - 1) * shares);
    tcase_add_loop_test(tc, random_networks_give_the_bytes_of_plain_c, 0, NETWORK_COUNT);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
