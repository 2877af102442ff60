/* TensorFlow Lite beside our runtime, byte for byte.
 *
 *   oracle_tflite LIBRARY layers [KIND [LAYERS]]   random layers of a kind, or of all
 *   oracle_tflite LIBRARY models [MODELS]          random networks
 *   oracle_tflite LIBRARY files INPUTS FILE...     int8 files on random inputs
 *   oracle_tflite LIBRARY images DATA FILE...      int8 files on the test images of a data set
 *   oracle_tflite LIBRARY pictures CIFAR.bin FILE...   on CIFAR-10 records, stretched to their size
 *
 * Layers and networks are written by graph/tflite_write.h, so this is also the proof that others
 * can read what it writes. Files run as they are, and once more as we write what we import.
 * A row: `equal` and `apart` of our bytes and the library's; `twice` is the part of equal bytes
 * when the library rounds twice as well (tests/oracle/twice.h), and must be all; `winner` is how
 * often the largest output is the same one. Exit code 5: outside the tolerance. What the runtime
 * has no kernel for is named, not failed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "data/dataset.h"
#include "graph/tflite.h"
#include "graph/tflite_write.h"
#include "quant/image.h"
#include "tests/oracle/tflite_library.h"
#include "tests/oracle/twice.h"
#include "tests/random_layer.h"
#include "tests/random_model.h"
#include "tests/testing.h"

enum {
    EXIT_OUTSIDE = 5,
    LAYERS = 300,
    LAYER_INPUTS = 4,
    MODELS = 300,
    IMAGES_MAX = 1000,

    PICTURE_SIDE = 32,
    PICTURE_BYTES = 1 + 3 * PICTURE_SIDE * PICTURE_SIDE,
    FILE_BYTES_MAX = 1 << 28
};

/* Of a layer's bytes are equal, and none more than 1 apart. */
#define EQUAL_PART 0.999

/* With the same rounding nearly all: what is left is softmax and rescaled means, which the library
 * computes in float. And of inferences this part has the same winner. */
#define EQUAL_TWICE_PART 0.9999
#define WINNER_PART      0.999

typedef struct figures {
    int nets, left_out;     /* compared; not written, or without a kernel of ours */
    int64_t bytes, equal;   /* of outputs */
    int most_apart;         /* largest difference of two bytes */
    int64_t equal_twice;    /* of the bytes, when the library rounds twice too */
    int64_t inputs, winner; /* inferences; with the same winner on both sides */
    int64_t winner_twice;
    char reason[200]; /* of the first that was left out */
} figures;

/* One network three ways. */
typedef struct rivals {
    tnas_image *ours;
    oracle_net *theirs, *theirs_twice;
    uint8_t *twice_bytes;
} rivals;

static void must(tnas_status status)
{
    if (status == TNAS_OK)
        return;
    fprintf(stderr, "%s\n", tnas_error_text());
    exit(1);
}

static oracle_net *prepare(const void *bytes, size_t byte_count, const tnas_model *model)
{
    const int output = tnas_graph_output(&model->graph);
    const int64_t in_count = tnas_tensor_count(&model->graph.tensors[0]);
    const int64_t out_count = tnas_tensor_count(&model->graph.tensors[output]);
    oracle_net *const net =
        oracle_net_create(bytes, byte_count, model->quant[0], model->quant[output]);
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
    size_t twice_byte_count;
    *r = (rivals){.theirs = prepare(bytes, byte_count, model)};
    must(build_rounding_twice(model, &r->twice_bytes, &twice_byte_count));
    r->theirs_twice = prepare(r->twice_bytes, twice_byte_count, model);
    if (tnas_image_build(model, &tnas_target_tinynas_c, &r->ours) != TNAS_OK) {
        leave_out(f);
        return false;
    }
    f->nets++;
    return true;
}

static void rivals_deinit(rivals *r)
{
    tnas_image_destroy(r->ours);
    oracle_net_destroy(r->theirs);
    oracle_net_destroy(r->theirs_twice);
    tnas_free(r->twice_bytes);
}

static bool same_winner(const int8_t *a, const int8_t *b, size_t count)
{
    return tnas_image_argmax(a, (int)count) == tnas_image_argmax(b, (int)count);
}

static void count_outputs(const int8_t *ours, const int8_t *theirs, const int8_t *twice,
                          size_t count, figures *f)
{
    for (size_t i = 0; i < count; i++) {
        const int apart = abs(ours[i] - theirs[i]);
        f->equal += apart == 0;
        f->most_apart = apart > f->most_apart ? apart : f->most_apart;
        f->equal_twice += ours[i] == twice[i];
    }
    f->bytes += (int64_t)count;
    f->inputs++;
    f->winner += same_winner(ours, theirs, count);
    f->winner_twice += same_winner(ours, twice, count);
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

/* Where inputs come from: pictures, else images, else random ones. */
typedef struct inputs {
    tnas_rng *rng;
    const tnas_images *images;
    const uint8_t *pictures; /* records of PICTURE_BYTES */
    int count;
} inputs;

/* A pixel of a record (a label, then planes of PICTURE_SIDE x PICTURE_SIDE), between four. */
static double sample(const uint8_t *record, int channel, double y, double x)
{
    const uint8_t *const plane = record + 1 + channel * PICTURE_SIDE * PICTURE_SIDE;
    const int y0 = (int)y, x0 = (int)x;
    const int y1 = y0 + 1 < PICTURE_SIDE ? y0 + 1 : y0, x1 = x0 + 1 < PICTURE_SIDE ? x0 + 1 : x0;
    const double dy = y - y0, dx = x - x0;
    const double above =
        plane[y0 * PICTURE_SIDE + x0] * (1 - dx) + plane[y0 * PICTURE_SIDE + x1] * dx;
    const double below =
        plane[y1 * PICTURE_SIDE + x0] * (1 - dx) + plane[y1 * PICTURE_SIDE + x1] * dx;
    return above * (1 - dy) + below * dy;
}

/* Stretches a picture over the whole of an input with three channels. */
static void stretch(const uint8_t *record, const tnas_tensor *shape, int8_t *in)
{
    const double step_y = shape->h > 1 ? (PICTURE_SIDE - 1.0) / (shape->h - 1) : 0;
    const double step_x = shape->w > 1 ? (PICTURE_SIDE - 1.0) / (shape->w - 1) : 0;
    for (int y = 0; y < shape->h; y++)
        for (int x = 0; x < shape->w; x++)
            for (int c = 0; c < shape->c; c++)
                in[(y * shape->w + x) * shape->c + c] =
                    (int8_t)(lround(sample(record, c, y * step_y, x * step_x)) - 128);
}

static void take_input(const inputs *from, int index, const tnas_tensor *shape, int8_t *in)
{
    const size_t count = (size_t)tnas_tensor_count(shape);
    if (from->pictures != NULL)
        stretch(from->pictures + (size_t)index * PICTURE_BYTES, shape, in);
    else if (from->images != NULL)
        tnas_image_input(from->images->pixels + (size_t)index * count, count, in);
    else
        draw_input(from->rng, count, in);
}

/* Runs all three on the same inputs. */
static void compare(const rivals *r, const inputs *from, figures *f)
{
    const size_t in_count = r->ours->model.input_bytes, count = r->ours->model.output_bytes;
    int8_t *const in = tnas_alloc_zero(in_count, 1);
    int8_t *const ours = tnas_alloc_zero(count, 1);
    int8_t *const theirs = tnas_alloc_zero(count, 1);
    int8_t *const twice = tnas_alloc_zero(count, 1);
    void *const arena = tnas_alloc_zero(r->ours->model.arena_bytes, 1);
    for (int i = 0; i < from->count; i++) {
        take_input(from, i, &r->ours->graph.tensors[0], in);
        oracle_net_run(r->theirs, in, theirs);
        oracle_net_run(r->theirs_twice, in, twice);
        tnas_image_run(r->ours, arena, in, ours);
        count_outputs(ours, theirs, twice, count, f);
    }
    tnas_free(in);
    tnas_free(ours);
    tnas_free(theirs);
    tnas_free(twice);
    tnas_free(arena);
}

/* The model as we write it, beside the model as we run it. */
static void compare_written(const tnas_model *model, tnas_rng *rng, figures *f)
{
    const inputs from = {.rng = rng, .count = LAYER_INPUTS};
    uint8_t *bytes;
    size_t byte_count;
    rivals r;
    if (tnas_tflite_build(model, "oracle", "a test", &bytes, &byte_count) != TNAS_OK) {
        leave_out(f);
        return;
    }
    if (rivals_init(&r, model, bytes, byte_count, f))
        compare(&r, &from, f);
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
    printf("%-28s %5s %9s %9s %6s %9s %9s %9s\n", what, "nets", "bytes", "equal", "apart", "winner",
           "twice", "winner");
}

/* `inside`: is the row what it must be? */
static bool print_row(const char *name, const figures *f, bool inside)
{
    if (f->nets > 0)
        printf("%-28s %5d %9lld %8.4f%% %6d %8.2f%% %8.4f%% %8.2f%%%s\n", name, f->nets,
               (long long)f->bytes, 100 * part(f->equal, f->bytes), f->most_apart,
               100 * part(f->winner, f->inputs), 100 * part(f->equal_twice, f->bytes),
               100 * part(f->winner_twice, f->inputs), inside ? "" : "  OUTSIDE");
    if (f->left_out > 0)
        printf("%-28s SKIP %d: %s\n", f->nets > 0 ? "" : name, f->left_out, f->reason);
    fflush(stdout);
    return inside;
}

/* With the same rounding. */
static bool is_network_inside(const figures *f)
{
    return part(f->equal_twice, f->bytes) >= EQUAL_TWICE_PART &&
           part(f->winner_twice, f->inputs) >= WINNER_PART;
}

/* Layers: nearly all as they are, too. */
static bool is_layer_inside(const figures *f)
{
    return f->most_apart <= 1 && part(f->equal, f->bytes) >= EQUAL_PART && is_network_inside(f);
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
            compare_written(model, &rng, &f);
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
        compare_written(model, &rng, &f);
        tnas_model_destroy(model);
    }
    print_head("random networks");
    return print_row("all", &f, is_network_inside(&f));
}

/* One file: as it is, and as we write it. */
static bool run_file(const char *path, const inputs *from)
{
    uint8_t *bytes;
    size_t byte_count;
    tnas_model *model;
    rivals r;
    figures original = {0}, written = {0};
    const char *const name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    must(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    must(tnas_tflite_parse(bytes, byte_count, name, &model, NULL));
    if (rivals_init(&r, model, bytes, byte_count, &original))
        compare(&r, from, &original);
    rivals_deinit(&r);
    compare_written(model, from->rng, &written);
    bool inside = print_row(name, &original, is_network_inside(&original));
    inside = print_row("  as we write it", &written, is_network_inside(&written)) && inside;
    tnas_model_destroy(model);
    tnas_free(bytes);
    return inside;
}

static bool run_files(const char *title, const inputs *from, int count, char **paths)
{
    bool inside = true;
    print_head(title);
    for (int i = 0; i < count; i++)
        inside = run_file(paths[i], from) && inside;
    return inside;
}

static bool run_random(int input_count, int count, char **paths)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    const inputs from = {.rng = &rng, .count = input_count};
    return run_files("file, random inputs", &from, count, paths);
}

static bool run_images(const char *data, int count, char **paths)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_dataset *dataset;
    tnas_images images;
    must(tnas_dataset_load(data, NULL, &dataset));
    must(tnas_dataset_read_test(dataset, &images));
    const inputs from = {.rng = &rng,
                         .images = &images,
                         .count = images.count < IMAGES_MAX ? images.count : IMAGES_MAX};
    const bool inside = run_files("file, test images", &from, count, paths);
    tnas_images_deinit(&images);
    tnas_dataset_destroy(dataset);
    return inside;
}

static bool run_pictures(const char *path, int count, char **paths)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    uint8_t *pictures;
    size_t byte_count;
    must(tnas_file_read(path, FILE_BYTES_MAX, &pictures, &byte_count));
    const int there = (int)(byte_count / PICTURE_BYTES);
    const inputs from = {
        .rng = &rng, .pictures = pictures, .count = there < IMAGES_MAX ? there : IMAGES_MAX};
    const bool inside = run_files("file, pictures", &from, count, paths);
    tnas_free(pictures);
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
        return run_random(number(first, 0), argument_count - 4, argument + 4);
    if (strcmp(command, "images") == 0 && argument_count > 4)
        return run_images(first, argument_count - 4, argument + 4);
    if (strcmp(command, "pictures") == 0 && argument_count > 4)
        return run_pictures(first, argument_count - 4, argument + 4);
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
