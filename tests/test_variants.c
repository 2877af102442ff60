/* Every variant of our runtime, and the host's own vector kernels, give the bytes of plain C. On
 * the host the instructions of a variant are portable C functions; on its own processor the same
 * comparison is made by the firmware of an export. */
#include <stdio.h>
#include <stdlib.h>
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

/* A variant, as it is or with wide weights, or plain C's image on the host's kernels of an
 * instruction set. */
typedef struct candidate {
    const char *name;
    const tnas_target *target;
    size_t flash_bytes; /* for wider weights */
    const tnas_host_kernels *host;
} candidate;

static const char *const isas[] = {"generic", "v2", "v3", "v4"};
enum { ISA_COUNT = sizeof isas / sizeof isas[0] };

static int candidate_count(void)
{
    return tnas_variant_count() - 1 + 1 + ISA_COUNT;
}

/* False when this processor lacks it. */
static bool candidate_at(int index, candidate *out)
{
    const int variants = tnas_variant_count() - 1;
    *out = (candidate){.target = &tnas_target_tinynas_c};
    if (index < variants) {
        out->target = tnas_variant_at(1 + index)->target;
        out->name = out->target->name;
        return true;
    }
    if (index == variants) {
        *out =
            (candidate){"tinynas-dsp with wide weights", &tnas_target_tinynas_dsp, SIZE_MAX, NULL};
        return true;
    }
    out->name = isas[index - variants - 1];
    out->host = tnas_host_kernels_find(out->name);
    return out->host != NULL;
}

static void same_bytes(const tnas_model *model, const candidate *is, tnas_rng *rng)
{
    tnas_image *plain, *variant;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &plain));
    ck_ok(tnas_image_build_widened(model, is->target, is->flash_bytes, &variant));
    if (is->host != NULL)
        ck_ok(tnas_image_use_host(variant, is->host));
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
        ck_abort_msg("%s: byte %zu is %d, plain C says %d; first operator %s by %s", is->name, i,
                     got[i], expected[i], text, variant->rows[0].kernel_name);
    }
    tnas_free(bytes);
    tnas_image_destroy(plain);
    tnas_image_destroy(variant);
}

/* _i: candidate and share of the layers. */
START_TEST(random_layers_give_the_bytes_of_plain_c)
{
    const int share = _i % (LAYER_COUNT / LAYERS_PER_CHECK);
    candidate is;
    const bool runs = candidate_at(_i / (LAYER_COUNT / LAYERS_PER_CHECK), &is);
    if (!runs && share == 0)
        printf("SKIP: host kernels %s do not run here\n", is.name);
    for (int i = 0; runs && i < LAYERS_PER_CHECK; i++) {
        tnas_rng rng =
            tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)(share * LAYERS_PER_CHECK + i));
        tnas_model *const model = random_layer_model(&rng);
        same_bytes(model, &is, &rng);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(random_networks_give_the_bytes_of_plain_c)
{
    for (int c = 0; c < candidate_count(); c++) {
        tnas_rng rng = tnas_rng_stream(SEED + 1, TNAS_RNG_TEST, (uint64_t)_i);
        tnas_model *const model = random_int8_model(&rng);
        candidate is;
        if (candidate_at(c, &is))
            same_bytes(model, &is, &rng);
        tnas_model_destroy(model);
    }
}
END_TEST

/* Whole vectors are loaded; what is stored must be the output and nothing else. */
START_TEST(host_kernels_write_their_output_and_scratch_only)
{
    tnas_rng rng = tnas_rng_stream(SEED + 2, TNAS_RNG_TEST, (uint64_t)_i);
    const tnas_host_kernels *host;
    ck_ok(tnas_host_kernels_choose(&host));
    tnas_model *const model = random_layer_model(&rng);
    tnas_image *image;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    const uint32_t plain_arena_bytes = image->model.arena_bytes;
    ck_ok(tnas_image_use_host(image, host));
    int8_t *const arena = tnas_alloc_zero(2, image->model.arena_bytes);
    int8_t *const before = arena + image->model.arena_bytes;
    random_bytes(&rng, arena, image->model.arena_bytes);
    memcpy(before, arena, image->model.arena_bytes);
    tnrt_invoke(&image->model, arena);
    for (uint32_t i = 0; i < plain_arena_bytes; i++)
        ck_assert_msg(arena[i] == before[i] || i - image->model.output < image->model.output_bytes,
                      "byte %u of the arena, output from %u on", i, image->model.output);
    tnas_free(arena);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(an_unknown_instruction_set_is_refused)
{
    const tnas_host_kernels *host;
    setenv("TINYNAS_ISA", "v9", 1);
    ck_fails(TNAS_ERR_USAGE, "TINYNAS_ISA=v9", tnas_host_kernels_choose(&host));
    ck_assert_ptr_null(host);
    setenv("TINYNAS_ISA", "generic", 1);
    ck_ok(tnas_host_kernels_choose(&host));
    ck_assert_str_eq(host->isa, "generic");
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("variants");
    TCase *const tc = tcase_create("variants");
    const int shares = LAYER_COUNT / LAYERS_PER_CHECK;
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_layers_give_the_bytes_of_plain_c, 0, candidate_count() * shares);
    tcase_add_loop_test(tc, random_networks_give_the_bytes_of_plain_c, 0, NETWORK_COUNT);
    tcase_add_loop_test(tc, host_kernels_write_their_output_and_scratch_only, 0, 500);
    tcase_add_test(tc, an_unknown_instruction_set_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
