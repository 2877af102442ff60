/* The supernet's file: a checkpoint for this program, not an exchange format.
 *
 *   magic "tnw2"  slot_count u32  value_count u64            HEADER_BYTES
 *   per slot: kind, batch_norm, kernel_h, kernel_w u8, out_c, in_c u32, number of smaller
 *             windows u8, h and w of each u8, zeros behind the last         SLOT_BYTES each
 *   values [value_count] float, in the store's order
 *   FNV-1a of everything before, u64
 * Little-endian. The digit of the magic changes when the store's order of values does. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "supernet/supernet.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they lie");

enum { HEADER_BYTES = 16, SLOT_BYTES = 28, CHECKSUM_BYTES = 8, FILE_BYTES_MAX = 1 << 30 };

static const char magic[4] = {'t', 'n', 'w', '2'};

static void put_header(const tnas_store *store, uint8_t header[HEADER_BYTES])
{
    const uint32_t slot_count = (uint32_t)store->slot_count;
    const uint64_t value_count = store->value_count;
    memcpy(header, magic, 4);
    memcpy(header + 4, &slot_count, 4);
    memcpy(header + 8, &value_count, 8);
}

static void put_slot(const tnas_slot *slot, uint8_t bytes[SLOT_BYTES])
{
    bytes[0] = slot->kind;
    bytes[1] = slot->batch_norm;
    bytes[2] = slot->kernel_h;
    bytes[3] = slot->kernel_w;
    memcpy(bytes + 4, &slot->out_c, 4);
    memcpy(bytes + 8, &slot->in_c, 4);
    memset(bytes + 12, 0, SLOT_BYTES - 12);
    bytes[12] = slot->window_count;
    for (int i = 0; i < slot->window_count; i++) {
        bytes[13 + 2 * i] = slot->windows[i].h;
        bytes[14 + 2 * i] = slot->windows[i].w;
    }
}

_Static_assert(13 + 2 * TNAS_SLOT_WINDOWS_MAX <= SLOT_BYTES, "a slot's windows are written");

/* Byte count of a file; false when it passes what a file may have. */
static bool count_bytes(uint32_t slot_count, uint64_t value_count, size_t *byte_count)
{
    if (slot_count > TNAS_SITES_MAX || value_count > FILE_BYTES_MAX / sizeof(float))
        return false;
    *byte_count = HEADER_BYTES + (size_t)slot_count * SLOT_BYTES +
                  (size_t)value_count * sizeof(float) + CHECKSUM_BYTES;
    return *byte_count <= FILE_BYTES_MAX;
}

tnas_status tnas_supernet_save(const tnas_supernet *supernet, const char *path)
{
    const tnas_store *const store = supernet->store;
    size_t byte_count;
    if (!count_bytes((uint32_t)store->slot_count, store->value_count, &byte_count))
        return tnas_fail(TNAS_ERR_IO, "%s: %zu values are more than a supernet file may hold", path,
                         store->value_count);
    uint8_t *bytes = tnas_alloc_zero(byte_count, 1);
    if (bytes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu bytes for %s", byte_count, path);
    put_header(store, bytes);
    uint8_t *at = bytes + HEADER_BYTES;
    for (int i = 0; i < store->slot_count; i++, at += SLOT_BYTES)
        put_slot(&store->slots[i], at);
    memcpy(at, store->values, store->value_count * sizeof(float));
    const uint64_t checksum = tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count - CHECKSUM_BYTES);
    memcpy(bytes + byte_count - CHECKSUM_BYTES, &checksum, CHECKSUM_BYTES);
    const tnas_status status = tnas_file_write(path, bytes, byte_count);
    tnas_free(bytes);
    return status;
}

/* The file is whole: magic, the length its header announces, checksum. */
static tnas_status check_whole(const char *path, const uint8_t *bytes, size_t byte_count)
{
    if (byte_count < HEADER_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s is not a supernet file of this version: it does not "
                         "start with \"%.4s\"",
                         path, magic);
    uint32_t slot_count;
    uint64_t value_count, checksum;
    memcpy(&slot_count, bytes + 4, 4);
    memcpy(&value_count, bytes + 8, 8);
    size_t announced;
    if (!count_bytes(slot_count, value_count, &announced) || announced != byte_count)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s has %zu bytes, which is not what its header announces (%lu slots, "
                         "%llu values): truncated or damaged",
                         path, byte_count, (unsigned long)slot_count,
                         (unsigned long long)value_count);
    memcpy(&checksum, bytes + byte_count - CHECKSUM_BYTES, CHECKSUM_BYTES);
    if (checksum != tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count - CHECKSUM_BYTES))
        return tnas_fail(TNAS_ERR_INPUT, "%s: the checksum does not match its content", path);
    return TNAS_OK;
}

static void print_slot(const uint8_t bytes[SLOT_BYTES], char text[80])
{
    int32_t out_c, in_c;
    memcpy(&out_c, bytes + 4, 4);
    memcpy(&in_c, bytes + 8, 4);
    snprintf(text, 80, "%s %dx%d of %d to %d channels%s", tnas_op_kind_text(bytes[0]), bytes[2],
             bytes[3], (int)in_c, (int)out_c, bytes[12] > 0 ? " with transforms" : "");
}

/* The file belongs to a supernet of these slots. */
static tnas_status check_slots(const char *path, const tnas_supernet *supernet,
                               const uint8_t *bytes)
{
    const tnas_store *const store = supernet->store;
    const char *const space = supernet->config->space.name;
    uint32_t slot_count;
    uint64_t value_count;
    memcpy(&slot_count, bytes + 4, 4);
    memcpy(&value_count, bytes + 8, 8);
    if (slot_count != (uint32_t)store->slot_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s has %lu slots, space %s as configured has %d", path,
                         (unsigned long)slot_count, space, store->slot_count);
    for (int i = 0; i < store->slot_count; i++) {
        uint8_t wanted[SLOT_BYTES];
        put_slot(&store->slots[i], wanted);
        const uint8_t *const found = bytes + HEADER_BYTES + i * SLOT_BYTES;
        if (memcmp(wanted, found, SLOT_BYTES) == 0)
            continue;
        char wanted_text[80], found_text[80];
        print_slot(wanted, wanted_text);
        print_slot(found, found_text);
        return tnas_fail(TNAS_ERR_INPUT, "%s: slot %d is %s, space %s as configured wants %s", path,
                         i, found_text, space, wanted_text);
    }
    if (value_count != store->value_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s has %llu values, its slots make %zu", path,
                         (unsigned long long)value_count, store->value_count);
    return TNAS_OK;
}

tnas_status tnas_supernet_load(tnas_supernet *supernet, const char *path)
{
    tnas_store *const store = supernet->store;
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    tnas_status status = check_whole(path, bytes, byte_count);
    if (status == TNAS_OK)
        status = check_slots(path, supernet, bytes);
    if (status == TNAS_OK)
        memcpy(store->values, bytes + HEADER_BYTES + store->slot_count * SLOT_BYTES,
               store->value_count * sizeof(float));
    tnas_free(bytes);
    return status;
}
