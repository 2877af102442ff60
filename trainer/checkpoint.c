/* The file, little-endian and without padding:
 *
 *   header    below
 *   arrays    float [array_count, value_count]
 *   checksum  FNV-1a of everything before, u64
 *
 * The digit of the magic changes with the layout. */
#include "trainer/checkpoint.h"

#include <assert.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they lie");

static const char magic[4] = {'t', 'n', 'k', '1'};

typedef struct header {
    char magic[4];
    uint32_t recipe_count; /* values of a recipe: a program with other fields has others */
    uint64_t array_count, value_count;
    int64_t step;
    double loss, right;
    tnas_identity identity;
} header;

enum { HEADER_BYTES = 48 + sizeof(tnas_identity), CHECKSUM_BYTES = 8, FILE_BYTES_MAX = 1 << 30 };

_Static_assert(sizeof(header) == HEADER_BYTES, "the header has no padding");
_Static_assert(sizeof(tnas_identity) == 8 * (TNAS_RECIPE_VALUE_COUNT + 4), "nor has an identity");

tnas_status tnas_checkpoint_save(const char *path, const tnas_checkpoint *checkpoint)
{
    assert(checkpoint->array_count <= TNAS_CHECKPOINT_ARRAYS_MAX);
    header head = {.recipe_count = TNAS_RECIPE_VALUE_COUNT,
                   .array_count = (uint64_t)checkpoint->array_count,
                   .value_count = checkpoint->value_count,
                   .step = checkpoint->step,
                   .loss = checkpoint->loss,
                   .right = checkpoint->right,
                   .identity = *checkpoint->identity};
    memcpy(head.magic, magic, sizeof magic);
    tnas_file_part parts[TNAS_CHECKPOINT_ARRAYS_MAX + 2] = {{&head, sizeof head}};
    int part_count = 1;
    for (int i = 0; i < checkpoint->array_count; i++)
        parts[part_count++] =
            (tnas_file_part){checkpoint->arrays[i], checkpoint->value_count * sizeof(float)};
    uint64_t checksum = TNAS_HASH_START;
    for (int i = 0; i < part_count; i++)
        checksum = tnas_hash_bytes(checksum, parts[i].bytes, parts[i].byte_count);
    parts[part_count++] = (tnas_file_part){&checksum, CHECKSUM_BYTES};
    return tnas_file_write_parts(path, parts, part_count);
}

/* Byte count of a file with this header; 0 when there cannot be one. */
static uint64_t announced_bytes(const header *head)
{
    if (head->array_count > TNAS_CHECKPOINT_ARRAYS_MAX ||
        head->value_count > FILE_BYTES_MAX / sizeof(float))
        return 0;
    return HEADER_BYTES + head->array_count * head->value_count * sizeof(float) + CHECKSUM_BYTES;
}

/* The file is whole: magic, the length its header announces, checksum. */
static tnas_status check_whole(const char *path, const uint8_t *bytes, size_t byte_count,
                               header *head)
{
    *head = (header){.recipe_count = 0};
    memcpy(head, bytes, byte_count < sizeof *head ? byte_count : sizeof *head);
    if (memcmp(head->magic, magic, sizeof magic) != 0 ||
        head->recipe_count != TNAS_RECIPE_VALUE_COUNT)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s is not a checkpoint of this version: it does not start with \"%.4s\" "
                         "and %d, the values of a recipe; remove it to start anew",
                         path, magic, (int)TNAS_RECIPE_VALUE_COUNT);
    if (byte_count < HEADER_BYTES || announced_bytes(head) != byte_count)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s has %zu bytes, which is not what its header announces: truncated or "
                         "damaged; remove it to start anew",
                         path, byte_count);
    uint64_t checksum;
    memcpy(&checksum, bytes + byte_count - CHECKSUM_BYTES, CHECKSUM_BYTES);
    if (checksum != tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count - CHECKSUM_BYTES))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: the checksum does not match its content; remove it to start anew",
                         path);
    return TNAS_OK;
}

static tnas_status read_content(const char *path, const uint8_t *bytes, size_t byte_count,
                                int64_t steps, tnas_checkpoint *checkpoint)
{
    header head;
    TNAS_TRY(check_whole(path, bytes, byte_count, &head));
    TNAS_TRY(tnas_identity_compare(&head.identity, checkpoint->identity, path));
    if (head.array_count != (uint64_t)checkpoint->array_count ||
        head.value_count != checkpoint->value_count || head.step < 0 || head.step >= steps)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %llu arrays of %llu values at step %lld, must be %d of %zu below "
                         "step %lld",
                         path, (unsigned long long)head.array_count,
                         (unsigned long long)head.value_count, (long long)head.step,
                         checkpoint->array_count, checkpoint->value_count, (long long)steps);
    checkpoint->step = head.step;
    checkpoint->loss = head.loss;
    checkpoint->right = head.right;
    const size_t array_bytes = checkpoint->value_count * sizeof(float);
    for (int i = 0; i < checkpoint->array_count; i++)
        memcpy(checkpoint->arrays[i], bytes + HEADER_BYTES + (size_t)i * array_bytes, array_bytes);
    return TNAS_OK;
}

tnas_status tnas_checkpoint_load(const char *path, int64_t steps, tnas_checkpoint *checkpoint)
{
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    const tnas_status status = read_content(path, bytes, byte_count, steps, checkpoint);
    tnas_free(bytes);
    return status;
}
