/* The base of everything: status, memory, random streams, files, JSON, CSV, threads. */
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/arena.h"
#include "common/csv.h"
#include "common/hash.h"
#include "common/io.h"
#include "common/json.h"
#include "common/paths.h"
#include "common/pool.h"
#include "common/progress.h"
#include "common/text.h"
#include "tests/testing.h"

static char folder[TNAS_PATH_BYTES]; /* of the test case */

static void make_folder(void)
{
    temporary_folder(folder);
}

static const char *in_folder(const char *name)
{
    static char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    return path;
}

/* One assertion a block: Check writes a mark to a file at every one. */
static bool holds_only(const unsigned char *bytes, size_t byte_count, unsigned char value)
{
    for (size_t i = 0; i < byte_count; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static const char *write_text(const char *name, const char *text)
{
    ck_ok(tnas_file_write(in_folder(name), text, strlen(text)));
    return in_folder(name);
}

/* ---- Status ---- */

static void *fail_elsewhere(void *unused)
{
    ck_assert_str_eq(tnas_error_text(), "");
    tnas_fail(TNAS_ERR_IO, "in the other thread");
    return unused;
}

START_TEST(each_thread_keeps_its_own_sentence)
{
    tnas_fail(TNAS_ERR_INPUT, "value %d", 7);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(tnas_error_text(), "value 7");
}
END_TEST

START_TEST(a_sentence_may_quote_the_previous_one)
{
    tnas_fail(TNAS_ERR_INPUT, "inner");
    ck_assert_int_eq(tnas_fail(TNAS_ERR_IO, "outer: %s", tnas_error_text()), TNAS_ERR_IO);
    ck_assert_str_eq(tnas_error_text(), "outer: inner");
}
END_TEST

START_TEST(long_sentences_are_cut)
{
    tnas_fail(TNAS_ERR_INPUT, "%0*d", 2 * TNAS_ERROR_TEXT_BYTES, 0);
    ck_assert_uint_eq(strlen(tnas_error_text()), TNAS_ERROR_TEXT_BYTES - 1);
}
END_TEST

START_TEST(statuses_have_the_documented_exit_codes)
{
    ck_assert_int_eq(tnas_status_exit_code(TNAS_OK), 0);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INTERNAL), 1);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_USAGE), 2);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INFEASIBLE), 3);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INPUT), 4);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_TOLERANCE), 5);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_STOPPED), 130);
    ck_assert_str_eq(tnas_status_meaning(TNAS_ERR_NOMEM), "out of memory");
}
END_TEST

/* ---- Memory ---- */

START_TEST(size_products_that_overflow_are_noticed)
{
    size_t product;
    ck_assert(tnas_size_mul(3, 5, &product));
    ck_assert_uint_eq(product, 15);
    ck_assert(!tnas_size_mul(SIZE_MAX / 2, 3, &product));
    ck_assert_ptr_null(tnas_alloc_zero(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(tnas_alloc_zero(SIZE_MAX, 1));
    tnas_arena arena;
    tnas_arena_init(&arena);
    ck_assert_ptr_null(tnas_arena_take(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(tnas_arena_take(&arena, SIZE_MAX, 1));
    tnas_arena_deinit(&arena);
}
END_TEST

START_TEST(blocks_are_aligned_and_zero)
{
    for (size_t bytes = 0; bytes < 300; bytes++) {
        unsigned char *const block = tnas_alloc_zero(bytes, 1);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % TNAS_ALLOC_ALIGN, 0);
        ck_assert(holds_only(block, bytes, 0));
        memset(block, 0xff, bytes);
        tnas_free(block);
    }
    tnas_free(NULL);
}
END_TEST

START_TEST(a_grown_block_keeps_its_items)
{
    int *items = NULL;
    for (int count = 0; count < 100; count++) {
        items = tnas_alloc_grow(items, (size_t)count, (size_t)count + 1, sizeof *items);
        ck_assert_int_eq(items[count], 0);
        items[count] = count;
    }
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(items[i], i);
    ck_assert_ptr_null(tnas_alloc_grow(items, 100, SIZE_MAX, sizeof *items));
    ck_assert_int_eq(items[99], 99);
    tnas_free(items);
}
END_TEST

START_TEST(the_nth_allocation_fails_once)
{
    for (long n = 0; n < 4; n++) {
        tnas_alloc_fail_after(n);
        for (long i = 0; i < 8; i++) {
            void *const block = tnas_alloc_zero(1, 8);
            ck_assert_int_eq(block == NULL, i == n);
            tnas_free(block);
        }
    }
    tnas_alloc_fail_after(-1);
}
END_TEST

START_TEST(arena_blocks_are_apart_zero_and_stay)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_arena arena;
    tnas_arena_init(&arena);
    unsigned char *blocks[300];
    size_t bytes[300];
    for (int i = 0; i < 300; i++) { /* now and then one larger than a chunk */
        bytes[i] = tnas_rng_below(&rng, i % 50 == 0 ? 200000 : 3000);
        blocks[i] = tnas_arena_take(&arena, bytes[i], 1);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        ck_assert(holds_only(blocks[i], bytes[i], 0));
        memset(blocks[i], i & 0xff, bytes[i]);
    }
    for (int i = 0; i < 300; i++)
        ck_assert(holds_only(blocks[i], bytes[i], (unsigned char)i));
    ck_assert_str_eq(tnas_arena_strdup(&arena, "text"), "text");
    tnas_arena_deinit(&arena);
    tnas_arena_deinit(&arena);
}
END_TEST

START_TEST(a_text_grows_and_remembers_a_failure)
{
    tnas_text text;
    tnas_text_init(&text);
    for (int i = 0; i < 1000; i++)
        tnas_text_add(&text, "%d,", i);
    ck_assert_uint_eq(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert_uint_eq(strlen(text.chars), text.length);
    ck_assert_mem_eq(text.chars, "0,1,2,", 6);
    ck_assert_str_eq(text.chars + text.length - 4, "999,");
    tnas_alloc_fail_after(0);
    tnas_text_add(&text, "%0*d", 100000, 0);
    tnas_alloc_fail_after(-1);
    tnas_text_add(&text, "x");
    ck_assert(text.failed);
    ck_assert_str_eq(text.chars + text.length - 4, "999,");
    tnas_text_deinit(&text);
}
END_TEST

/* ---- Random streams and hashes ---- */

START_TEST(a_stream_is_a_function_of_seed_purpose_and_index)
{
    tnas_rng a = tnas_rng_stream(1, TNAS_RNG_TEST, 2), b = tnas_rng_stream(1, TNAS_RNG_TEST, 2);
    tnas_rng others[] = {tnas_rng_stream(2, TNAS_RNG_TEST, 2), tnas_rng_stream(1, TNAS_RNG_DATA, 2),
                         tnas_rng_stream(1, TNAS_RNG_TEST, 3),
                         tnas_rng_stream(1, TNAS_RNG_DATA, 1)};
    for (int i = 0; i < 100; i++) {
        const uint64_t value = tnas_rng_u64(&a);
        ck_assert_uint_eq(value, tnas_rng_u64(&b));
        for (size_t o = 0; o < sizeof others / sizeof others[0]; o++)
            ck_assert_uint_ne(value, tnas_rng_u64(&others[o]));
    }
}
END_TEST

START_TEST(a_stream_is_the_published_generator)
{
    /* What xoshiro256** begins with from this state, by the authors' reference code. */
    tnas_rng rng = {.state = {1, 2, 3, 4}};
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(tnas_rng_u64(&rng), expected[i]);
}
END_TEST

START_TEST(draws_below_a_bound_are_uniform)
{
    enum { DRAWS = 60000 };
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    for (uint32_t bound = 1; bound <= 12; bound++) {
        int counts[13] = {0}; /* the last: out of bounds */
        for (int i = 0; i < DRAWS; i++) {
            const uint32_t value = tnas_rng_below(&rng, bound);
            counts[value < bound ? value : 12]++;
        }
        ck_assert_int_eq(counts[12], 0);
        const double expected = (double)DRAWS / bound;
        double chi_squared = 0;
        for (uint32_t v = 0; v < bound; v++)
            chi_squared += (counts[v] - expected) * (counts[v] - expected) / expected;
        ck_assert_double_lt(chi_squared, 35); /* 11 degrees of freedom: p < 0.001 */
    }
    for (int i = 0; i < 1000; i++) /* half of all products are rejected here */
        ck_assert_uint_lt(tnas_rng_below(&rng, UINT32_C(0x80000001)), UINT32_C(0x80000001));
}
END_TEST

START_TEST(unit_and_normal_draws_have_their_moments)
{
    enum { DRAWS = 100000 };
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    bool in_range = true;
    double unit_sum = 0, unit_squares = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double unit = tnas_rng_unit(&rng), normal = tnas_rng_normal(&rng);
        in_range = in_range && unit >= 0 && unit < 1 && isfinite(normal);
        unit_sum += unit;
        unit_squares += unit * unit;
        normal_sum += normal;
        normal_squares += normal * normal;
    }
    ck_assert(in_range);
    /* Five standard errors. */
    ck_assert_double_eq_tol(unit_sum / DRAWS, 0.5, 5 * sqrt(1.0 / 12 / DRAWS));
    ck_assert_double_eq_tol(unit_squares / DRAWS, 1.0 / 3, 5 * sqrt(4.0 / 45 / DRAWS));
    ck_assert_double_eq_tol(normal_sum / DRAWS, 0, 5 * sqrt(1.0 / DRAWS));
    ck_assert_double_eq_tol(normal_squares / DRAWS, 1, 5 * sqrt(2.0 / DRAWS));
}
END_TEST

START_TEST(a_shuffle_is_a_permutation_and_all_are_equally_likely)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    int counts[27] = {0};
    for (int i = 0; i < 6000; i++) {
        uint32_t items[] = {0, 1, 2};
        tnas_rng_shuffle(&rng, items, 3);
        ck_assert_uint_eq(1u << items[0] | 1u << items[1] | 1u << items[2], 7);
        counts[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    static const int permutations[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++)
        ck_assert_int_lt(abs(counts[permutations[i]] - 1000), 150); /* five deviations of 29 */
    tnas_rng_shuffle(&rng, NULL, 0);
}
END_TEST

START_TEST(the_hash_is_fnv_1a)
{
    ck_assert_uint_eq(tnas_hash_bytes(TNAS_HASH_START, "", 0), TNAS_HASH_START);
    ck_assert_uint_eq(tnas_hash_bytes(TNAS_HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    const uint64_t whole = tnas_hash_bytes(TNAS_HASH_START, "foobar", 6);
    ck_assert_uint_eq(whole, UINT64_C(0x85944171f73967e8));
    const uint64_t first = tnas_hash_bytes(TNAS_HASH_START, "foo", 3);
    ck_assert_uint_eq(tnas_hash_bytes(first, "bar", 3), whole);
}
END_TEST

/* ---- Files ---- */

static int entry_count(const char *path)
{
    DIR *const dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    int count = -2; /* . and .. */
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

START_TEST(a_written_file_reads_back)
{
    static uint8_t content[200000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7);
    /* Around the reader's first block of 64 KiB. */
    static const size_t counts[] = {0, 1, 65534, 65535, 65536, 131071, 200000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ck_ok(tnas_file_write(in_folder("file"), content, counts[i]));
        uint8_t *bytes;
        size_t byte_count;
        ck_ok(tnas_file_read(in_folder("file"), counts[i], &bytes, &byte_count));
        ck_assert_uint_eq(byte_count, counts[i]);
        ck_assert_mem_eq(bytes, content, byte_count);
        ck_assert_uint_eq(bytes[byte_count], 0);
        tnas_free(bytes);
        if (counts[i] > 0)
            ck_fails(TNAS_ERR_INPUT, "is larger than",
                     tnas_file_read(in_folder("file"), counts[i] - 1, &bytes, &byte_count));
        ck_assert(counts[i] == 0 || bytes == NULL);
    }
    ck_assert_int_eq(entry_count(folder), 1);
    unlink(in_folder("file"));
}
END_TEST

START_TEST(a_file_of_parts_is_their_sequence)
{
    const tnas_file_part parts[] = {{"tiny", 4}, {"", 0}, {"na", 2}, {"s", 1}};
    ck_ok(tnas_file_write_parts(in_folder("parts"), parts, 4));
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(in_folder("parts"), 100, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, 7);
    ck_assert_str_eq((const char *)bytes, "tinynas");
    tnas_free(bytes);
    unlink(in_folder("parts"));
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    uint8_t *bytes;
    size_t byte_count;
    ck_fails(TNAS_ERR_IO, "nowhere", tnas_file_read(in_folder("nowhere"), 10, &bytes, &byte_count));
    ck_fails(TNAS_ERR_IO, "it is a folder", tnas_file_read(folder, 10, &bytes, &byte_count));
    ck_assert_ptr_null(bytes);
}
END_TEST

START_TEST(a_write_into_a_missing_folder_fails)
{
    ck_fails(TNAS_ERR_IO, "missing/file: No such file",
             tnas_file_write(in_folder("missing/file"), "x", 1));
    ck_assert_int_eq(entry_count(folder), 0);
}
END_TEST

START_TEST(a_write_that_cannot_be_renamed_leaves_nothing)
{
    ck_ok(tnas_dir_create(in_folder("in-the-way")));
    ck_fails(TNAS_ERR_IO, "in-the-way", tnas_file_write(in_folder("in-the-way"), "x", 1));
    ck_assert_int_eq(entry_count(folder), 1);
    ck_assert(tnas_dir_exists(in_folder("in-the-way")));
    rmdir(in_folder("in-the-way"));
}
END_TEST

START_TEST(a_write_that_breaks_off_keeps_the_old_file)
{
    static uint8_t content[100000];
    write_text("kept", "old");
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 5000, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    const tnas_status status = tnas_file_write(in_folder("kept"), content, sizeof content);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    ck_fails(TNAS_ERR_IO, "cannot write", status);
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(in_folder("kept"), 10, &bytes, &byte_count));
    ck_assert_str_eq((const char *)bytes, "old");
    tnas_free(bytes);
    ck_assert_int_eq(entry_count(folder), 1);
    unlink(in_folder("kept"));
}
END_TEST

START_TEST(a_write_into_an_unwritable_folder_fails)
{
    if (geteuid() == 0) {
        printf("SKIP: root may write anywhere\n");
        return;
    }
    ck_ok(tnas_dir_create(in_folder("closed")));
    ck_assert_int_eq(chmod(in_folder("closed"), 0500), 0);
    ck_fails(TNAS_ERR_IO, "Permission denied", tnas_file_write(in_folder("closed/file"), "x", 1));
    ck_assert_int_eq(entry_count(in_folder("closed")), 0);
    rmdir(in_folder("closed"));
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    ck_ok(tnas_dir_create(in_folder("a/b/c")));
    ck_ok(tnas_dir_create(in_folder("a/b/c/")));
    ck_assert(tnas_dir_exists(in_folder("a/b/c")));
    write_text("a/file", "x");
    ck_assert(tnas_file_exists(in_folder("a/file")) && !tnas_dir_exists(in_folder("a/file")));
    ck_fails(TNAS_ERR_IO, "a/file", tnas_dir_create(in_folder("a/file")));
    ck_fails(TNAS_ERR_IO, "a/file", tnas_dir_create(in_folder("a/file/deeper")));
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_refused)
{
    static char name[TNAS_PATH_BYTES + 1], out[TNAS_PATH_BYTES];
    memset(name, 'n', TNAS_PATH_BYTES);
    ck_fails(TNAS_ERR_IO, "longer than 4095 bytes", tnas_path_join(out, "folder", name));
    ck_ok(tnas_path_join(out, "folder", "name"));
    ck_assert_str_eq(out, "folder/name");
}
END_TEST

START_TEST(configurations_are_found_by_name_and_by_path)
{
    ck_ok(tnas_dir_create(in_folder("configs/mcus")));
    write_text("configs/mcus/second.json", "{}");
    write_text("configs/mcus/first.json", "{}");
    write_text("configs/mcus/notes.txt", "");
    ck_assert_int_eq(setenv("TINYNAS_HOME", folder, 1), 0);
    char found[TNAS_PATH_BYTES];
    ck_ok(tnas_config_find("mcus", "first", found));
    ck_assert_str_eq(found, in_folder("configs/mcus/first.json"));
    ck_ok(tnas_config_find("mcus", in_folder("configs/mcus/notes.txt"), found));
    ck_assert_str_eq(found, in_folder("configs/mcus/notes.txt"));
    ck_fails(TNAS_ERR_USAGE, "unknown mcu \"third\": neither a file nor one of first, second",
             tnas_config_find("mcus", "third", found));
    unsetenv("TINYNAS_HOME");
}
END_TEST

/* ---- JSON ---- */

static tnas_json *parse_ok(const char *text)
{
    tnas_json *document;
    ck_ok(tnas_json_parse(text, "x.json", "f", 1, &document));
    return document;
}

#define ROOT(members) "{\"format\":\"f\",\"version\":1" members "}"

START_TEST(a_json_file_must_say_what_it_is)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"{\"format\":\"f\",\n\n\"version\":}", "x.json: line 3: not valid JSON near `}`"},
        {"{\"format\":\"f\",\"version\":1} x", "x.json: line 1: not valid JSON"},
        {"7", "x.json: must be a JSON object"},
        {"{}", "x.json: key \"format\" is missing"},
        {"{\"format\":\"f\"}", "x.json: key \"version\" is missing"},
        {"{\"format\":\"g\",\"version\":1}", "x.json: format = \"g\": must be \"f\""},
        {"{\"format\":\"f\",\"version\":3}", "version = 3: this program reads version 1"},
        {"{\"format\":\"f\",\"version\":\"1\"}", "x.json: version: must be a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tnas_json *document;
        ck_fails(TNAS_ERR_INPUT, rows[i].sentence,
                 tnas_json_parse(rows[i].text, "x.json", "f", 1, &document));
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(json_failures_name_file_and_path)
{
    tnas_json *const document = parse_ok(
        ROOT(",\"stages\":[{},{\"kernel\":[3,4.5,\"x\"],\"depth\":99,\"skip\":1,\"name\":[]}]"));
    const tnas_json_at root = tnas_json_root(document);
    tnas_json_at stages, kernel;
    ck_ok(tnas_json_array(&root, "stages", &stages));
    ck_assert_int_eq(tnas_json_length(&stages), 2);
    const tnas_json_at stage = tnas_json_item(&stages, 1);
    ck_ok(tnas_json_array(&stage, "kernel", &kernel));
    const tnas_json_at half = tnas_json_item(&kernel, 1), text = tnas_json_item(&kernel, 2);
    int64_t whole;
    double number;
    bool truth;
    const char *string;
    tnas_json_at place;
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].kernel[1]: 4.5 must be a whole number",
             tnas_json_int(&half, NULL, 0, 9, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].kernel[2]: must be a number",
             tnas_json_number(&text, NULL, 0, 9, &number));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].depth: 99 is outside 1..8",
             tnas_json_int(&stage, "depth", 1, 8, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].depth: 99 is outside 0..0.5",
             tnas_json_number(&stage, "depth", 0, 0.5, &number));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].skip: must be true or false",
             tnas_json_bool(&stage, "skip", &truth));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].name: must be a text",
             tnas_json_string(&stage, "name", &string));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].name: must be an object",
             tnas_json_object(&stage, "name", &place));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1]: key \"width\" is missing",
             tnas_json_int(&stage, "width", 0, 9, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1]: must be 5 apart",
             tnas_json_fail(&stage, "must be %d apart", 5));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(json_values_arrive)
{
    tnas_json *const document =
        parse_ok(ROOT(",\"i\":-12,\"d\":2.5e-1,\"t\":true,\"s\":\"\\u00e4\\n\",\"o\":{\"i\":3}"));
    const tnas_json_at root = tnas_json_root(document);
    int64_t whole;
    double number;
    bool truth;
    const char *string;
    tnas_json_at object;
    ck_ok(tnas_json_int(&root, "i", -12, -12, &whole));
    ck_assert_int_eq(whole, -12);
    ck_ok(tnas_json_number(&root, "d", 0.25, 0.25, &number));
    ck_assert_double_eq(number, 0.25);
    ck_ok(tnas_json_bool(&root, "t", &truth));
    ck_assert(truth);
    ck_ok(tnas_json_string(&root, "s", &string));
    ck_assert_str_eq(string, "\xc3\xa4\n");
    ck_ok(tnas_json_object(&root, "o", &object));
    ck_ok(tnas_json_int(&object, "i", 0, 9, &whole));
    ck_assert_int_eq(whole, 3);
    ck_assert(tnas_json_has(&root, "i") && !tnas_json_has(&root, "I"));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(keys_nobody_knows_are_errors)
{
    tnas_json *const document = parse_ok(ROOT(",\"ab\":{\"a\":1,\"format\":2},\"c\":2"));
    const tnas_json_at root = tnas_json_root(document);
    ck_ok(tnas_json_allow_keys(&root, "ab,c"));
    ck_ok(tnas_json_allow_keys(&root, "c,d,ab"));
    ck_fails(TNAS_ERR_INPUT, "x.json: unknown key \"ab\"; known here: a,b,abc,c",
             tnas_json_allow_keys(&root, "a,b,abc,c"));
    tnas_json_at inner;
    ck_ok(tnas_json_object(&root, "ab", &inner));
    ck_fails(TNAS_ERR_INPUT, "x.json: ab: unknown key \"format\"", /* a root's privilege */
             tnas_json_allow_keys(&inner, "a"));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(a_json_file_with_a_zero_byte_is_refused)
{
    static const char bytes[] = "{\"format\":\"f\",\"version\":1}\0{}";
    tnas_json *document;
    ck_ok(tnas_file_write(in_folder("zero.json"), bytes, sizeof bytes - 1));
    ck_fails(TNAS_ERR_INPUT, "zero.json: not a text file",
             tnas_json_load(in_folder("zero.json"), "f", 1, &document));
    ck_fails(TNAS_ERR_IO, "none.json", tnas_json_load(in_folder("none.json"), "f", 1, &document));
    tnas_json_destroy(NULL);
}
END_TEST

/* ---- CSV ---- */

START_TEST(csv_fields_lines_and_numbers_arrive)
{
    tnas_csv *csv;
    ck_ok(tnas_csv_load(write_text("a.csv", "name,value,note\n"
                                            "plain,1.5,\n"
                                            "\"comma, quote \"\" and\nline\",-2e3,x\n"
                                            "last,abc,\"\""),
                        &csv));
    ck_assert_int_eq(tnas_csv_row_count(csv), 3);
    ck_assert_int_eq(tnas_csv_column_count(csv), 3);
    ck_assert_str_eq(tnas_csv_column_name(csv, 2), "note");
    ck_assert_int_eq(tnas_csv_column(csv, "value"), 1);
    ck_assert_int_eq(tnas_csv_column(csv, "Value"), -1);
    ck_assert_str_eq(tnas_csv_text(csv, 1, 0), "comma, quote \" and\nline");
    ck_assert_str_eq(tnas_csv_text(csv, 2, 2), "");
    ck_assert_str_eq(tnas_csv_text(csv, 0, -1), "");
    ck_assert_int_eq(tnas_csv_line(csv, 0), 2);
    ck_assert_int_eq(tnas_csv_line(csv, 1), 4); /* where the row ends */
    ck_assert_int_eq(tnas_csv_line(csv, 2), 5);
    double number;
    bool present;
    ck_ok(tnas_csv_number(csv, 1, 1, &number, &present));
    ck_assert(present && number == -2000);
    ck_ok(tnas_csv_number(csv, 0, 2, &number, &present));
    ck_assert(!present);
    ck_ok(tnas_csv_number(csv, 0, -1, &number, &present));
    ck_assert(!present);
    ck_fails(TNAS_ERR_INPUT, "a.csv: line 5: value = \"abc\" is not a finite number",
             tnas_csv_number(csv, 2, 1, &number, &present));
    tnas_csv_destroy(csv);
}
END_TEST

START_TEST(broken_csv_files_are_refused_with_their_line)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "b.csv: empty, a header line is required"},
        {"a,b\n1,2\n3\n", "b.csv: line 3 has 1 fields, the header has 2"},
        {"a,b\n1,2\n3,4,5\n", "b.csv: line 3 has 3 fields, the header has 2"},
        {"a,b\n1,2\n3", "b.csv: line 3 has 1 fields, the header has 2"},
        {"a,b\n1,\"2\n", "b.csv: the last field is not closed"},
        {"a,b\n1,\"2\"x\n", "b.csv: line 2: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tnas_csv *csv;
        ck_fails(TNAS_ERR_INPUT, rows[i].sentence,
                 tnas_csv_load(write_text("b.csv", rows[i].text), &csv));
        ck_assert_ptr_null(csv);
    }
    tnas_csv_destroy(NULL);
}
END_TEST

START_TEST(csv_numbers_must_be_finite)
{
    static const char *const texts[] = {"nan", "inf", "-inf", "1e999", "1,5", "1 2", "1x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "v\n\"%s\"\n", texts[i]);
        tnas_csv *csv;
        ck_ok(tnas_csv_load(write_text("n.csv", text), &csv));
        double number;
        bool present;
        ck_fails(TNAS_ERR_INPUT, "is not a finite number",
                 tnas_csv_number(csv, 0, 0, &number, &present));
        tnas_csv_destroy(csv);
    }
}
END_TEST

START_TEST(readers_survive_every_failing_allocation)
{
    static char text[40000];
    size_t length = 0;
    for (int i = 0; i < 1000; i++) /* enough rows for several growths */
        length += (size_t)snprintf(text + length, sizeof text - length, "field %d,%d\n", i, i);
    write_text("big.csv", text);
    write_text("small.json", ROOT(",\"a\":1"));
    for (int reader = 0; reader < 2; reader++) {
        tnas_status status = TNAS_ERR_NOMEM;
        for (long n = 0; status != TNAS_OK; n++) {
            tnas_csv *csv = NULL;
            tnas_json *json = NULL;
            tnas_alloc_fail_after(n);
            status = reader == 0 ? tnas_csv_load(in_folder("big.csv"), &csv)
                                 : tnas_json_load(in_folder("small.json"), "f", 1, &json);
            tnas_alloc_fail_after(-1);
            ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
            ck_assert_int_eq(status == TNAS_OK, csv != NULL || json != NULL);
            ck_assert_int_lt(n, 100);
            tnas_csv_destroy(csv);
            tnas_json_destroy(json);
        }
    }
}
END_TEST

/* ---- Threads ---- */

enum { TASKS = 500 };

typedef struct job {
    atomic_int runs[TASKS];
    atomic_int workers_seen[3];
    int thread_count, first_failure;
} job;

static tnas_status count_run(void *context, int task, int worker)
{
    job *const j = context;
    ck_assert(worker >= 0 && worker < j->thread_count);
    atomic_fetch_add(&j->runs[task], 1);
    atomic_fetch_add(&j->workers_seen[worker], 1);
    if (j->first_failure < 0 || task < j->first_failure || task % 3 != j->first_failure % 3)
        return TNAS_OK;
    if (task == j->first_failure)
        usleep(2000); /* later ones fail before it */
    return tnas_fail(task == j->first_failure ? TNAS_ERR_INPUT : TNAS_ERR_IO, "task %d failed",
                     task);
}

START_TEST(a_pool_runs_every_task_once)
{
    tnas_pool *pool;
    ck_ok(tnas_pool_create(_i, &pool));
    ck_assert_int_eq(tnas_pool_thread_count(pool), _i);
    for (int round = 0; round < 20; round++) {
        static job j;
        memset(&j, 0, sizeof j);
        j.thread_count = _i;
        j.first_failure = -1;
        const int task_count = round == 0 ? 0 : TASKS - round;
        ck_ok(tnas_pool_run(pool, task_count, count_run, &j));
        for (int task = 0; task < TASKS; task++)
            ck_assert_int_eq(j.runs[task], task < task_count);
    }
    tnas_pool_destroy(pool);
    tnas_pool_destroy(NULL);
}
END_TEST

START_TEST(a_pool_reports_the_lowest_failing_task)
{
    tnas_pool *pool;
    ck_ok(tnas_pool_create(_i, &pool));
    for (int first = 0; first < TASKS; first += 83) {
        static job j;
        memset(&j, 0, sizeof j);
        j.thread_count = _i;
        j.first_failure = first;
        char expected[32];
        snprintf(expected, sizeof expected, "task %d failed", first);
        ck_assert_int_eq(tnas_pool_run(pool, TASKS, count_run, &j), TNAS_ERR_INPUT);
        ck_assert_str_eq(tnas_error_text(), expected);
        for (int task = 0; task < TASKS; task++)
            ck_assert_int_eq(j.runs[task], 1);
        j.first_failure = -1; /* a failure does not stay */
        ck_ok(tnas_pool_run(pool, 1, count_run, &j));
    }
    tnas_pool_destroy(pool);
}
END_TEST

START_TEST(a_pool_that_cannot_be_made_says_so)
{
    for (long n = 0; n < 2; n++) {
        tnas_pool *pool;
        tnas_alloc_fail_after(n);
        ck_fails(TNAS_ERR_NOMEM, "thread pool of 2 threads", tnas_pool_create(2, &pool));
        tnas_alloc_fail_after(-1);
        ck_assert_ptr_null(pool);
    }
    ck_assert_int_ge(tnas_pool_default_threads(), 1);
}
END_TEST

static bool say_stop(void *context)
{
    return *(const bool *)context;
}

START_TEST(progress_may_be_absent)
{
    tnas_progress_report(NULL, "stage", 0, 1, "units", NULL);
    ck_assert(!tnas_progress_stop(NULL));
    const tnas_progress silent = {0};
    tnas_progress_report(&silent, "stage", 0, 1, "units", NULL);
    ck_assert(!tnas_progress_stop(&silent));
    bool wanted = true;
    const tnas_progress stopping = {.context = &wanted, .stop = say_stop};
    ck_assert(tnas_progress_stop(&stopping));
    const double start = tnas_clock_seconds();
    ck_assert_double_ge(tnas_clock_seconds(), start);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *const tcase = tcase_create(name);
    tcase_add_unchecked_fixture(tcase, make_folder, NULL);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *const suite = suite_create("common");
    TCase *const status = add_case(suite, "status");
    tcase_add_test(status, each_thread_keeps_its_own_sentence);
    tcase_add_test(status, a_sentence_may_quote_the_previous_one);
    tcase_add_test(status, long_sentences_are_cut);
    tcase_add_test(status, statuses_have_the_documented_exit_codes);
    TCase *const memory = add_case(suite, "memory");
    tcase_add_test(memory, size_products_that_overflow_are_noticed);
    tcase_add_test(memory, blocks_are_aligned_and_zero);
    tcase_add_test(memory, a_grown_block_keeps_its_items);
    tcase_add_test(memory, the_nth_allocation_fails_once);
    tcase_add_test(memory, arena_blocks_are_apart_zero_and_stay);
    tcase_add_test(memory, a_text_grows_and_remembers_a_failure);
    TCase *const random = add_case(suite, "random streams and hashes");
    tcase_add_test(random, a_stream_is_a_function_of_seed_purpose_and_index);
    tcase_add_test(random, a_stream_is_the_published_generator);
    tcase_add_test(random, draws_below_a_bound_are_uniform);
    tcase_add_test(random, unit_and_normal_draws_have_their_moments);
    tcase_add_test(random, a_shuffle_is_a_permutation_and_all_are_equally_likely);
    tcase_add_test(random, the_hash_is_fnv_1a);
    TCase *const files = add_case(suite, "files");
    tcase_add_test(files, a_written_file_reads_back);
    tcase_add_test(files, a_file_of_parts_is_their_sequence);
    tcase_add_test(files, what_cannot_be_read_is_named);
    tcase_add_test(files, a_write_into_a_missing_folder_fails);
    tcase_add_test(files, a_write_that_cannot_be_renamed_leaves_nothing);
    tcase_add_test(files, a_write_that_breaks_off_keeps_the_old_file);
    tcase_add_test(files, a_write_into_an_unwritable_folder_fails);
    TCase *const places = add_case(suite, "places");
    tcase_add_test(places, folders_are_made_with_their_parents);
    tcase_add_test(places, a_path_that_does_not_fit_is_refused);
    tcase_add_test(places, configurations_are_found_by_name_and_by_path);
    TCase *const readers = add_case(suite, "json and csv");
    tcase_add_test(readers, a_json_file_must_say_what_it_is);
    tcase_add_test(readers, json_failures_name_file_and_path);
    tcase_add_test(readers, json_values_arrive);
    tcase_add_test(readers, keys_nobody_knows_are_errors);
    tcase_add_test(readers, a_json_file_with_a_zero_byte_is_refused);
    tcase_add_test(readers, csv_fields_lines_and_numbers_arrive);
    tcase_add_test(readers, broken_csv_files_are_refused_with_their_line);
    tcase_add_test(readers, csv_numbers_must_be_finite);
    tcase_add_test(readers, readers_survive_every_failing_allocation);
    TCase *const threads = add_case(suite, "threads");
    tcase_add_loop_test(threads, a_pool_runs_every_task_once, 1, 4);
    tcase_add_loop_test(threads, a_pool_reports_the_lowest_failing_task, 1, 4);
    tcase_add_test(threads, a_pool_that_cannot_be_made_says_so);
    tcase_add_test(threads, progress_may_be_absent);
    return run_suite(suite);
}
