/* TensorFlow Lite beside our runtime, byte for byte.
 *
 *   oracle_tflite LIBRARY layers [KIND [LAYERS]]   random layers of a kind, or of all
 *   oracle_tflite LIBRARY models [MODELS]          random networks
 *   oracle_tflite LIBRARY files INPUTS FILE...     int8 files on random inputs
 *
 * Layers and networks are written by graph/tflite_write.h, so this is also the proof that others
 * can read what it writes. Files run as they are, and once more as we write what we import.
 * Exit code 5: outside the tolerance; what the runtime has no kernel for is named, not failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "graph/tflite.h"
#include "graph/tflite_write.h"
#include "quant/image.h"
#include "tests/oracle/once.h"
#include "tests/oracle/tflite_library.h"
#include "tests/random_layer.h"
#include "tests/random_model.h"
#include "tests/testing.h"

enum { EXIT_OUTSIDE = 5, LAYERS = 300, LAYER_INPUTS = 4, MODELS = 300, FILE_BYTES_MAX = 1 << 28 };

/* Of a layer's bytes are equal, none more than 1 apart; of inferences have the same winner. */
#define EQUAL_PART  0.999
#define WINNER_PART 0.999

typedef struct figures {
    int nets, left_out;     /* compared; not written, or without a kernel of ours */
    int64_t bytes, equal;   /* of outputs */
    int most_apart;         /* largest difference of two bytes */
    int64_t equal_once;     /* bytes equal when both sides round like ruy's plain kernels */
    int64_t inputs, winner; /* inferences; with the same winner on both sides */
    char reason[200];       /* of the first that was left out */
} figures;

/* One network four ways. */
typedef struct rivals {
    tnas_image *ours, *ours_once;
    oracle_net *theirs, *theirs_plain;
} rivals;

static void must(tnas_status status)
{
    if (status == TNAS_OK)
        return;
    fprintf(stderr, "%s\n", tnas_error_text());
    exit(1);
}

static oracle_net *prepare(const void *bytes, size_t byte_count, const tnas_model *model,
                           oracle_products products)
{
    const int output = tnas_graph_output(&model->graph);
    const int64_t in_count = tnas_tensor_count(&model->graph.tensors[0]);
    const int64_t out_count = tnas_tensor_count(&model->graph.tensors[output]);
    oracle_net *const net =
        oracle_net_create(bytes, byte_count, model->quant[0], model->quant[output], products);
    if (net == NULL || (int64_t)oracle_net_in_count(net) != in_count ||
        (int64_t)oracle_net_out_count(net) != out_count) {
        fprintf(stderr, "TensorFlow Lite refuses the file, or sees other inputs or outputs\n");
        exit(EXIT_OUTSIDE);
    }
    return net;
}

/* With the thread's error sentence as the reason. */
static void leave_out(figures *f)
{
    if (f->left_out++ == 0)
        snprintf(f->reason, sizeof f->reason, "%s", tnas_error_text());
}

/* False, with the reason noted, where the runtime has no kernel. The bytes must outlive them. */
static bool rivals_init(rivals *r, const tnas_model *model, const uint8_t *bytes, size_t byte_count,
                        figures *f)
{
    *r = (rivals){.theirs = prepare(bytes, byte_count, model, ORACLE_FAST),
                  .theirs_plain = prepare(bytes, byte_count, model, ORACLE_PLAIN)};
    if (tnas_image_build(model, &tnas_target_tinynas_c, &r->ours) != TNAS_OK) {
        leave_out(f);
        return false;
    }
    must(tnas_image_build(model, &tnas_target_tinynas_c, &r->ours_once));
    round_once(r->ours_once);
    f->nets++;
    return true;
}

static void rivals_deinit(rivals *r)
{
    tnas_image_destroy(r->ours);
    tnas_image_destroy(r->ours_once);
    oracle_net_destroy(r->theirs);
    oracle_net_destroy(r->theirs_plain);
}

static void count_outputs(const int8_t *ours, const int8_t *theirs, size_t count, figures *f)
{
    for (size_t i = 0; i < count; i++) {
        const int apart = abs(ours[i] - theirs[i]);
        f->equal += apart == 0;
        f->most_apart = apart > f->most_apart ? apart : f->most_apart;
    }
    f->bytes += (int64_t)count;
    f->inputs++;
    f->winner += tnas_image_argmax(ours, (int)count) == tnas_image_argmax(theirs, (int)count);
}

static int64_t count_equal(const int8_t *a, const int8_t *b, size_t count)
{
    int64_t equal = 0;
    for (size_t i = 0; i < count; i++)
        equal += a[i] == b[i];
    return equal;
}

/* Noise, and every other time a smooth ramp with noise, so that layers that follow each other
 * see more than grey. */
static void draw_input(tnas_rng *rng, size_t count, int8_t *in)
{
    const bool ramp = tnas_rng_below(rng, 2) == 0;
    const double from = 255 * tnas_rng_unit(rng), to = 255 * tnas_rng_unit(rng);
    for (size_t i = 0; i < count; i++) {
        const double base = from + (to - from) * (double)i / (double)count;
        const double value =
            ramp ? base + 20 * tnas_rng_normal(rng) : (double)tnas_rng_below(rng, 256);
        in[i] = (int8_t)((value < 0 ? 0 : value > 255 ? 255 : value) - 128);
    }
}

/* Runs all four on the same inputs. */
static void compare(const rivals *r, tnas_rng *rng, int inputs, figures *f)
{
    const size_t in_count = r->ours->model.input_bytes, out_count = r->ours->model.output_bytes;
    int8_t *const in = tnas_alloc_zero(in_count, 1);
    int8_t *const ours = tnas_alloc_zero(out_count, 1);
    int8_t *const theirs = tnas_alloc_zero(out_count, 1);
    void *const arena = tnas_alloc_zero(r->ours->model.arena_bytes, 1);
    for (int i = 0; i < inputs; i++) {
        draw_input(rng, in_count, in);
        oracle_net_run(r->theirs, in, theirs);
        tnas_image_run(r->ours, arena, in, ours);
        count_outputs(ours, theirs, out_count, f);
        oracle_net_run(r->theirs_plain, in, theirs);
        tnas_image_run(r->ours_once, arena, in, ours);
        f->equal_once += count_equal(ours, theirs, out_count);
    }
    tnas_free(in);
    tnas_free(ours);
    tnas_free(theirs);
    tnas_free(arena);
}

/* The model as we write it, beside the model as we run it. */
static void compare_written(const tnas_model *model, tnas_rng *rng, int inputs, figures *f)
{
    uint8_t *bytes;
    size_t byte_count;
    rivals r;
    if (tnas_tflite_build(model, "oracle", "a test", &bytes, &byte_count) != TNAS_OK) {
        leave_out(f);
        return;
    }
    if (rivals_init(&r, model, bytes, byte_count, f))
        compare(&r, rng, inputs, f);
    rivals_deinit(&r);
    tnas_free(bytes);
}

/* ---- Printing ---- */

static double part(int64_t some, int64_t all)
{
    return all == 0 ? 1.0 : (double)some / (double)all;
}

static void print_head(const char *what)
{
    printf("%-28s %6s %9s %9s %6s %12s %9s\n", what, "nets", "bytes", "equal", "apart",
           "equal, once", "winner");
}

/* Is the row what it must be? */
static bool print_row(const char *name, const figures *f, bool inside)
{
    if (f->nets > 0)
        printf("%-28s %6d %9lld %8.4f%% %6d %11.4f%% %8.3f%%%s\n", name, f->nets,
               (long long)f->bytes, 100 * part(f->equal, f->bytes), f->most_apart,
               100 * part(f->equal_once, f->bytes), 100 * part(f->winner, f->inputs),
               inside ? "" : "  OUTSIDE");
    if (f->left_out > 0)
        printf("%-28s SKIP %d: %s\n", f->nets > 0 ? "" : name, f->left_out, f->reason);
    return inside;
}

/* Layers: nearly all bytes equal, and all with the same rounding. */
static bool is_layer_inside(const figures *f)
{
    return f->most_apart <= 1 && part(f->equal, f->bytes) >= EQUAL_PART &&
           f->equal_once == f->bytes;
}

/* Networks: a byte that is 1 off moves others behind it; the winner hardly ever. */
static bool is_network_inside(const figures *f)
{
    return part(f->winner, f->inputs) >= WINNER_PART && f->equal_once == f->bytes;
}

/* ---- Commands ---- */

static bool run_layers(const char *wanted, int count)
{
    bool inside = true, found = false;
    print_head("layer");
    for (int kind = 0; kind < LAYER_KIND_COUNT; kind++) {
        if (wanted != NULL && strcmp(wanted, "all") != 0 &&
            strcmp(wanted, random_layer_text(kind)) != 0)
            continue;
        figures f = {0};
        found = true;
        for (int i = 0; i < count; i++) {
            tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)(1000 * kind + i));
            tnas_model *const model = random_layer(&rng, kind);
            compare_written(model, &rng, LAYER_INPUTS, &f);
            tnas_model_destroy(model);
        }
        inside = print_row(random_layer_text(kind), &f, is_layer_inside(&f)) && inside;
    }
    if (!found) {
        fprintf(stderr, "no kind of layer is called %s\n", wanted);
        exit(2);
    }
    return inside;
}

static bool run_models(int count)
{
    figures f = {0};
    for (int i = 0; i < count; i++) {
        tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)i);
        tnas_model *const model = random_int8_model(&rng);
        compare_written(model, &rng, LAYER_INPUTS, &f);
        tnas_model_destroy(model);
    }
    print_head("random networks");
    return print_row("all", &f, is_network_inside(&f));
}

/* One file on `inputs` random inputs: as it is, and as we write it. */
static bool run_file(const char *path, int inputs)
{
    uint8_t *bytes;
    size_t byte_count;
    tnas_model *model;
    rivals r;
    figures original = {0}, written = {0};
    const char *const name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    must(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    must(tnas_tflite_parse(bytes, byte_count, name, &model, NULL));
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    if (rivals_init(&r, model, bytes, byte_count, &original))
        compare(&r, &rng, inputs, &original);
    rivals_deinit(&r);
    compare_written(model, &rng, LAYER_INPUTS, &written);
    bool inside = print_row(name, &original, is_network_inside(&original));
    inside = print_row("  as we write it", &written, written.equal_once == written.bytes) && inside;
    tnas_model_destroy(model);
    tnas_free(bytes);
    return inside;
}

static bool run_files(int inputs, int count, char **paths)
{
    bool inside = true;
    print_head("file");
    for (int i = 0; i < count; i++)
        inside = run_file(paths[i], inputs) && inside;
    return inside;
}

static int number(const char *text, int otherwise)
{
    return text == NULL ? otherwise : atoi(text);
}

/* ---- The program ---- */

static int argument_count, outcome;
static char **argument;

static bool run_command(const char *command, const char *first)
{
    if (strcmp(command, "layers") == 0)
        return run_layers(first, number(argument_count > 4 ? argument[4] : NULL, LAYERS));
    if (strcmp(command, "models") == 0)
        return run_models(number(first, MODELS));
    if (strcmp(command, "files") == 0 && argument_count > 4)
        return run_files(number(first, 0), argument_count - 4, argument + 4);
    fprintf(stderr, "oracle_tflite: unknown command %s\n", command);
    exit(2);
}

/* Random models come with Check's assertions, which want to be inside a test. */
START_TEST(tensorflow_lite_agrees)
{
    outcome = run_command(argument[2], argument_count > 3 ? argument[3] : NULL) ? 0 : EXIT_OUTSIDE;
}
END_TEST

int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "oracle_tflite LIBRARY layers|models|files ...\n");
        return 2;
    }
    argument_count = count;
    argument = arguments;
    oracle_open(arguments[1]);
    Suite *const suite = suite_create("TensorFlow Lite");
    TCase *const oracle = tcase_create("oracle");
    tcase_add_test(oracle, tensorflow_lite_agrees);
    suite_add_tcase(suite, oracle);
    SRunner *const runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    if (srunner_ntests_failed(runner) > 0) {
        TestResult **const failures = srunner_failures(runner);
        fprintf(stderr, "%s\n", tr_msg(failures[0]));
        free(failures);
        outcome = 1;
    }
    srunner_free(runner);
    return outcome;
}
