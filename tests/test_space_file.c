/* Space files: what they may say, and how wrong ones are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/paths.h"
#include "search_space/space.h"
#include "tests/testing.h"
#include "tests/toy_spaces.h"

START_TEST(reading_keeps_every_value)
{
    tnas_space space;
    ck_ok(tnas_space_parse(mixed_space, "test.json", &space));
    ck_assert_str_eq(space.name, "mixed");
    ck_assert_int_eq(space.input_count, 0);
    ck_assert_int_eq(space.width_count, 3);
    ck_assert(space.widths[2] == 1.5);
    ck_assert_int_eq(space.divisor, 4);
    ck_assert_int_eq(space.stem_channels, 8);
    ck_assert_int_eq(space.stem_kernel.h, 3);
    ck_assert_int_eq(space.stem_kernel.w, 5);
    ck_assert_int_eq(space.stem_stride.h, 2);
    ck_assert_int_eq(space.stem_stride.w, 1);
    ck_assert_int_eq(space.head_channels[0], 24);
    ck_assert_int_eq(space.stage_count, 4);
    const tnas_stage *const stage = &space.stages[1];
    ck_assert_int_eq(stage->block, TNAS_BLOCK_MBCONV);
    ck_assert_int_eq(stage->channels, 12);
    ck_assert_int_eq(stage->stride.w, 2);
    ck_assert_int_eq(stage->kernel_count, 3);
    ck_assert_int_eq(stage->kernels[0].h, 1);
    ck_assert_int_eq(stage->kernels[0].w, 3);
    ck_assert_int_eq(stage->kernels[1].h, 3);
    ck_assert_int_eq(stage->kernels[2].w, 7);
    ck_assert_int_eq(stage->expand_count, 3);
    ck_assert(stage->expands[2] == 3.5);
    ck_assert_int_eq(stage->depth_count, 3);
    ck_assert_int_eq(stage->depths[2], 4);
    ck_assert_int_eq(space.stages[2].expand_count, 1);

    tnas_space other;
    ck_ok(tnas_space_parse(flexible_space, "test.json", &other));
    ck_assert_int_eq(other.head_count, 4);
    ck_assert_int_eq(other.head_channels[3], 40);
    ck_assert_int_eq(other.stages[0].width_count, 3);
    ck_assert(other.stages[0].widths[1] == 0.7);
    ck_assert_int_eq(other.stages[2].expand_count, 3);
    ck_assert(other.stages[2].expands[0] == 0.5);

    ck_ok(tnas_space_parse(tiny_space, "test.json", &other));
    ck_assert_int_eq(other.head_count, 0);
    ck_assert(other.hash != space.hash);
}
END_TEST

static const struct {
    const char *from, *to, *place, *sentence;
} broken[] = {
    {"\"name\": \"mixed\", ", "", "", "key \"name\" is missing"},
    {"\"mixed\"", "\"\"", "", "must have 1 to 47 characters"},
    {"tinynas-space", "tinynas-graph", "", "must be \"tinynas-space\""},
    {"\"version\": 1", "\"version\": 2", "", "this program reads version 1"},
    {"\"divisor\"", "\"dividor\"", "", "unknown key \"dividor\""},
    {"\"divisor\": 4", "\"divisor\": 0", "divisor", "0 is outside 1..64"},
    {"\"divisor\": 4", "\"divisor\": 4, \"inputs\": []", "inputs", "0 choices"},
    {"\"divisor\": 4", "\"divisor\": 4, \"inputs\": [[32, 32], [48]]", "inputs[1]",
     "must be a number or [h, w]"},
    {"\"divisor\": 4", "\"divisor\": 4, \"inputs\": [32, [64, 24]]", "inputs[1]",
     "64x24 after 32x32: must be larger"},
    {"\"divisor\": 4", "\"divisor\": 4, \"inputs\": [32, 32]", "inputs[1]", "must be larger"},
    {"\"divisor\": 4", "\"divisor\": 4, \"inputs\": [0]", "inputs[0]", "0 is outside"},
    {"[0.5, 1, 1.5]", "[]", "widths", "0 choices: must be 1 to 16"},
    {"[0.5, 1, 1.5]", "[1, 0.5]", "widths[1]", "0.5 after 1: must ascend"},
    {"[0.5, 1, 1.5]", "[0.5, 0.5001]", "widths[1]", "must ascend by 0.01"},
    {"[0.5, 1, 1.5]", "[0]", "widths[0]", "0 is outside"},
    {"[0.5, 1, 1.5]", "0.5", "widths", "must be an array"},
    {"[0.5, 1, 1.5]", "[\"1\"]", "widths[0]", "must be a number"},
    {"{\"channels\": 8, \"kernel\": [3, 5]", "{\"kernel\": [3, 5]", "stem",
     "key \"channels\" is missing"},
    {"\"kernel\": [3, 5], \"stride\": [2, 1]", "\"kernel\": 4, \"stride\": 1", "stem",
     "kernel 4x4: both sides must be odd"},
    {"\"kernel\": [3, 5], \"stride\": [2, 1]", "\"kernel\": 3, \"stride\": 0", "stem.stride",
     "0 is outside"},
    {"\"kernel\": [3, 5], \"stride\": [2, 1]", "\"kernel\": 3, \"stride\": [1, 2, 3]",
     "stem.stride", "must be a number or [h, w]"},
    {"\"kernel\": [3, 5], \"stride\": [2, 1]", "\"kernel\": \"3\", \"stride\": 1", "stem.kernel",
     "must be a whole number"},
    {"\"stride\": [2, 1]}", "\"stride\": [2, 1], \"pad\": 1}", "stem", "unknown key \"pad\""},
    {"{\"channels\": 24}", "{\"channels\": 24, \"kernel\": 1}", "head", "unknown key \"kernel\""},
    {"{\"channels\": 24}", "{\"channels\": 2.5}", "head.channels", "must be a whole number"},
    {"{\"channels\": 24}", "7", "head", "must be an object"},
    {"\"block\": \"resblock\"", "\"block\": \"se\"", "stages[0]",
     "block \"se\" is none of mbconv dsconv resblock"},
    {"\"block\": \"resblock\", \"channels\": 8", "\"block\": \"resblock\", \"channels\": 9999",
     "stages[0].channels", "9999 is outside"},
    {"[3, [3, 5]]", "[3, [5, 1]]", "stages[0].kernel[1]", "5x1 after 3x3: must be larger"},
    {"[3, [3, 5]]", "[5, 3]", "stages[0].kernel[1]", "3x3 after 5x5: must be larger"},
    {"[3, [3, 5]]", "[3, 3]", "stages[0].kernel[1]", "must be larger"},
    {"[3, [3, 5]]", "[2]", "stages[0].kernel[0]", "both sides must be odd"},
    {"[3, [3, 5]]", "[17]", "stages[0].kernel[0]", "17 is outside"},
    {"[3, [3, 5]]", "[]", "stages[0].kernel", "0 choices"},
    {"[3, [3, 5]]", "3", "stages[0].kernel", "must be an array"},
    {"\"kernel\": [5], \"depth\"", "\"kernel\": [5], \"expand\": [2], \"depth\"", "stages[2]",
     "dsconv does not expand"},
    {"\"depth\": [1, 2]}", "\"depth\": [1, 2], \"expand\": [0]}", "stages[0].expand[0]",
     "0 is outside"},
    {"\"depth\": [1, 2]}", "\"depth\": [1, 2], \"width\": [0.5, 1]}", "stages[0]",
     "remove the key \"width\""},
    {"\"kernel\": [5], \"depth\"", "\"kernel\": [5], \"width\": [0.5, 0.4], \"depth\"",
     "stages[2].width[1]", "must ascend"},
    {"\"kernel\": [5], \"depth\"", "\"kernel\": [5], \"width\": [0.5, 1.5], \"depth\"",
     "stages[2].width[1]", "1.5 is outside"},
    {"\"kernel\": [5], \"depth\"", "\"kernel\": [5], \"width\": 1, \"depth\"", "stages[2].width",
     "must be an array"},
    {"{\"channels\": 24}", "{\"channels\": [24, 24]}", "head.channels[1]", "24 after 24"},
    {"{\"channels\": 24}", "{\"channels\": []}", "head.channels", "0 choices"},
    {"\"depth\": [1, 2]}", "\"depth\": [2, 1]}", "stages[0].depth[1]", "1 after 2: must ascend"},
    {"\"depth\": [1, 2]}", "\"depth\": [0, 1]}", "stages[0].depth[0]", "0 is outside 1..8"},
    {"\"depth\": [1, 2]}", "\"depth\": [1,2,3,4,5,6,7,8,9]}", "stages[0].depth", "9 choices"},
    {"\"depth\": [1, 2]}", "\"depths\": [1, 2]}", "stages[0]", "unknown key \"depths\""},
    {"[1, 2, 3.5]", "[1, 2, 2]", "stages[1].expand[2]", "2 after 2: must ascend"},
    {"[1, 2, 3.5]", "[0.5]", "stages[1].expand[0]", "0.5 is outside 1..12"},
    {" \"expand\": [1, 2, 3.5],", "", "stages[1]", "key \"expand\" is missing"},
    {"\"stages\": [", "\"stages\": [[],", "stages[0]", "must be an object"},
    {"}]}", "}", "", "not valid JSON"},
};

START_TEST(broken_files_are_refused_with_their_place)
{
    char *const text = replaced(mixed_space, broken[_i].from, broken[_i].to);
    tnas_space space;
    ck_fails(TNAS_ERR_INPUT, broken[_i].sentence, tnas_space_parse(text, "s.json", &space));
    ck_fails(TNAS_ERR_INPUT, broken[_i].place, tnas_space_parse(text, "s.json", &space));
    ck_fails(TNAS_ERR_INPUT, "s.json: ", tnas_space_parse(text, "s.json", &space));
    ck_assert_int_eq(space.stage_count, 0);
    tnas_free(text);
}
END_TEST

/* A space of `stages` stages of eight blocks with kernel and expand genes. */
static void deep_space(int stages, bool genes, char *out)
{
    int used = sprintf(out, "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"deep\","
                            "\"widths\": [1], \"divisor\": 8, \"stem\": {\"channels\": 8,"
                            "\"kernel\": 3, \"stride\": 1}, \"stages\": [");
    for (int i = 0; i < stages; i++)
        used += sprintf(out + used,
                        "%s{\"block\": \"mbconv\", \"channels\": 8, \"stride\": 1, \"kernel\": %s,"
                        "\"expand\": %s, \"depth\": [%s8]}",
                        i > 0 ? "," : "", genes ? "[3, 5]" : "[3]", genes ? "[2, 3]" : "[2]",
                        genes ? "1, " : "");
    sprintf(out + used, "]}");
}

START_TEST(spaces_too_large_for_the_tables_are_refused)
{
    char text[4096];
    tnas_space space;
    deep_space(9, false, text);
    ck_ok(tnas_space_parse(text, "s.json", &space));
    tnas_space_config config;
    ck_ok(tnas_space_configure(&space, 0, 0, 8, 8, 1, 2, &config));
    deep_space(10, false, text);
    ck_fails(TNAS_ERR_INPUT, "s.json: stages: 80 blocks at full depth: must be at most 79",
             tnas_space_parse(text, "s.json", &space));
    deep_space(9, true, text);
    ck_ok(tnas_space_parse(text, "s.json", &space));
    ck_ok(tnas_space_configure(&space, 0, 0, 8, 8, 1, 2, &config));
    ck_assert_int_eq(config.genes.gene_count, 9 * 17);
}
END_TEST

START_TEST(genes_too_many_are_refused)
{
    char text[4096], more[4200];
    tnas_space space;
    deep_space(9, true, text); /* 153 genes; the tenth stage brings 4 blocks, 9 genes: 162 */
    text[strlen(text) - 2] = '\0';
    snprintf(more, sizeof more,
             "%s,{\"block\": \"mbconv\", \"channels\": 8, \"stride\": 1, \"kernel\": [3, 5],"
             "\"expand\": [2, 3], \"depth\": [1, 4]}]}",
             text);
    ck_fails(TNAS_ERR_INPUT, "stages: 162 genes: must be at most 160",
             tnas_space_parse(more, "s.json", &space));
}
END_TEST

START_TEST(names_lead_to_shipped_files_and_paths_to_any)
{
    tnas_space by_name, by_path, none;
    char path[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    ck_ok(tnas_config_path("spaces/small-image.json", path));
    ck_ok(tnas_space_load("small-image", &by_name));
    ck_ok(tnas_space_load(path, &by_path));
    ck_assert(by_name.hash == by_path.hash && by_name.hash != 0);
    ck_fails(TNAS_ERR_USAGE, "unknown space \"smal-image\"", tnas_space_load("smal-image", &none));
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), "small-image"));

    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "zero.json"));
    ck_ok(tnas_file_write(path, "{}\0", 3));
    ck_fails(TNAS_ERR_INPUT, "zero byte", tnas_space_load(path, &none));
}
END_TEST

START_TEST(loading_survives_every_failing_allocation)
{
    tnas_space space;
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; n < 100 && status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_space_load("small-image", &space);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "%s", tnas_error_text());
        ck_assert(status == TNAS_OK || space.stage_count == 0);
    }
    ck_assert_int_eq(status, TNAS_OK);
}
END_TEST

static tnas_status visit_space(void *context, const char *name, const char *path)
{
    int *const count = context;
    tnas_space space;
    ck_ok(tnas_space_load(path, &space));
    ck_assert_str_eq(space.name, name);
    ++*count;
    return TNAS_OK;
}

START_TEST(every_shipped_space_loads_under_its_file_name)
{
    int count = 0;
    ck_ok(tnas_config_list("spaces", visit_space, &count));
    ck_assert_int_eq(count, 7);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("space file");
    TCase *const file = tcase_create("file");
    tcase_add_test(file, reading_keeps_every_value);
    tcase_add_loop_test(file, broken_files_are_refused_with_their_place, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(file, spaces_too_large_for_the_tables_are_refused);
    tcase_add_test(file, genes_too_many_are_refused);
    tcase_add_test(file, names_lead_to_shipped_files_and_paths_to_any);
    tcase_add_test(file, loading_survives_every_failing_allocation);
    tcase_add_test(file, every_shipped_space_loads_under_its_file_name);
    suite_add_tcase(suite, file);
    return run_suite(suite);
}
