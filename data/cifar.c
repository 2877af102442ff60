/* CIFAR-10 and CIFAR-100 in their binary form: records without any header.
 *
 *   CIFAR-10   label 0..9, then 1024 red, 1024 green, 1024 blue bytes, row by row: 3073 bytes
 *   CIFAR-100  coarse label 0..19, fine label 0..99, then the same: 3074 bytes
 *
 * Recognised by labels that stay in range record after record. Source: A. Krizhevsky, "Learning
 * multiple layers of features from tiny images", 2009, and the page of the data sets. */
#include <string.h>

#include "common/alloc.h"
#include "data/class_list.h"
#include "data/source.h"
#include "data/split_words.h"

enum { SIDE = 32, PLANE_BYTES = SIDE * SIDE, PIXEL_BYTES = 3 * PLANE_BYTES, LABEL_BYTES_MAX = 2 };

typedef struct cifar_kind {
    const char *format;
    int label_bytes;             /* the last one is the class */
    int limits[LABEL_BYTES_MAX]; /* each label is below */
    const char *list;            /* the file with the names of the classes */
    const char *const *names;    /* of the published set, [limits of the last] */
} cifar_kind;

static const char *const names_10[10] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                         "dog",      "frog",       "horse", "ship", "truck"};
static const char *const names_100[100] = {
    "apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
    "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
    "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
    "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
    "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
    "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
    "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
    "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
    "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
    "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
    "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
    "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
    "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
    "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
    "table",       "tank",          "telephone", "television", "tiger",        "tractor",
    "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
    "willow_tree", "wolf",          "woman",     "worm"};

static const cifar_kind kinds[] = {
    {"CIFAR-10", 1, {10}, "batches.meta.txt", names_10},
    {"CIFAR-100", 2, {20, 100}, "fine_label_names.txt", names_100},
};

typedef struct cifar_source {
    tnas_dataset_source source; /* first: the two share an address */
    const cifar_kind *kind;
} cifar_source;

static size_t record_bytes(const cifar_kind *kind)
{
    return (size_t)kind->label_bytes + PIXEL_BYTES;
}

static bool are_labels(const cifar_kind *kind, const uint8_t *record)
{
    for (int i = 0; i < kind->label_bytes; i++)
        if (record[i] >= kind->limits[i])
            return false;
    return true;
}

/* All records in sight; of a file that ends in sight, whole records. */
static bool is_kind(const cifar_kind *kind, const uint8_t *head, size_t head_bytes)
{
    const size_t bytes = record_bytes(kind);
    if (head_bytes < bytes || (head_bytes < TNAS_HEAD_BYTES && head_bytes % bytes != 0))
        return false;
    for (size_t at = 0; at + bytes <= head_bytes; at += bytes)
        if (!are_labels(kind, head + at))
            return false;
    return true;
}

static const cifar_kind *find_kind(const uint8_t *head, size_t head_bytes)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_kind(&kinds[i], head, head_bytes))
            return &kinds[i];
    return NULL;
}

bool tnas_cifar_recognises(const uint8_t *head, size_t head_bytes)
{
    return find_kind(head, head_bytes) != NULL;
}

/* ---- opening ---- */

static tnas_status take_record(cifar_source *cifar, tnas_files *files, int file, int record,
                               const uint8_t *bytes)
{
    const cifar_kind *const kind = cifar->kind;
    char name[TNAS_PATH_BYTES];
    tnas_files_name(files, file, name);
    for (int i = 0; i < kind->label_bytes; i++)
        if (bytes[i] >= kind->limits[i])
            return tnas_fail(TNAS_ERR_INPUT, "%s: image %d: label %d: must be 0 to %d", name,
                             record, bytes[i], kind->limits[i] - 1);
    tnas_sample *const sample = tnas_dataset_source_add(&cifar->source);
    if (sample == NULL)
        return TNAS_ERR_NOMEM;
    sample->file = file;
    sample->record = record;
    sample->label = bytes[kind->label_bytes - 1];
    sample->stated = (int8_t)tnas_split_of_path(tnas_files_path(files, file));
    return TNAS_OK;
}

/* The next record; *ended at the end of the file. */
static tnas_status next_record(const cifar_kind *kind, tnas_packed *packed, int record,
                               uint8_t *bytes, bool *ended)
{
    size_t got;
    TNAS_TRY(tnas_packed_read(packed, bytes, record_bytes(kind), &got));
    *ended = got == 0;
    if (got > 0 && got < record_bytes(kind))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: ends after %zu bytes, inside image %d: %s has records of %zu bytes",
                         tnas_packed_name(packed), (size_t)record * record_bytes(kind) + got,
                         record, kind->format, record_bytes(kind));
    return TNAS_OK;
}

static tnas_status list_records(cifar_source *cifar, tnas_files *files, int file)
{
    uint8_t bytes[LABEL_BYTES_MAX + PIXEL_BYTES];
    tnas_packed *packed;
    bool ended = false;
    TNAS_TRY(tnas_files_unpack(files, file, &packed));
    tnas_status status = TNAS_OK;
    for (int i = 0; status == TNAS_OK && !ended; i++) {
        status = next_record(cifar->kind, packed, i, bytes, &ended);
        if (status == TNAS_OK && !ended)
            status = take_record(cifar, files, file, i, bytes);
    }
    tnas_packed_close(packed);
    return status;
}

static tnas_status kind_of(tnas_files *files, int file, uint8_t *head, const cifar_kind **out)
{
    size_t head_bytes;
    *out = NULL;
    TNAS_TRY(tnas_files_head(files, file, head, TNAS_HEAD_BYTES, &head_bytes));
    *out = find_kind(head, head_bytes);
    return TNAS_OK;
}

static tnas_status settle_kind(cifar_source *cifar, tnas_files *files, uint8_t *head)
{
    for (int i = 0; i < tnas_files_count(files); i++) {
        const cifar_kind *kind;
        TNAS_TRY(kind_of(files, i, head, &kind));
        if (kind != NULL && cifar->kind != NULL && cifar->kind != kind)
            return tnas_fail(TNAS_ERR_INPUT, "%s: holds %s and %s: choose with --include",
                             tnas_files_location(files), cifar->kind->format, kind->format);
        cifar->kind = kind != NULL ? kind : cifar->kind;
    }
    return TNAS_OK;
}

/* A .bin file that is not recognised is a damaged one, not one to pass over in silence. */
static tnas_status list_files(cifar_source *cifar, tnas_files *files, uint8_t *head)
{
    TNAS_TRY(settle_kind(cifar, files, head));
    for (int i = 0; i < tnas_files_count(files); i++) {
        const cifar_kind *kind;
        TNAS_TRY(kind_of(files, i, head, &kind));
        const bool is_ours = kind != NULL || strstr(tnas_files_last(files, i), ".bin") != NULL;
        if (is_ours && !tnas_files_is_twin(files, i))
            TNAS_TRY(list_records(cifar, files, i));
    }
    return TNAS_OK;
}

/* By the list beside the files; else, when all classes are there, it is the published set. */
static tnas_status name_classes(cifar_source *cifar, tnas_files *files)
{
    const cifar_kind *const kind = cifar->kind;
    const int class_count = kind->limits[kind->label_bytes - 1];
    bool present[100] = {false};
    int present_count = 0;
    for (int i = 0; i < cifar->source.sample_count; i++) {
        present_count += !present[cifar->source.samples[i].label];
        present[cifar->source.samples[i].label] = true;
    }
    TNAS_TRY(tnas_class_list_read(&cifar->source, files, kind->list, class_count));
    if (cifar->source.class_count > 0 || present_count < class_count)
        return TNAS_OK;
    int16_t label;
    for (int k = 0; k < class_count; k++)
        TNAS_TRY(tnas_dataset_source_class(&cifar->source, kind->names[k], &label));
    return TNAS_OK;
}

/* ---- pixels ---- */

/* Planes become interleaved pixels. */
static void interleave(const uint8_t *planes, uint8_t *pixels)
{
    for (int i = 0; i < PLANE_BYTES; i++)
        for (int k = 0; k < 3; k++)
            pixels[3 * i + k] = planes[k * PLANE_BYTES + i];
}

/* Hands over the wanted records of the file that sample *at lies in, and moves on behind them. */
static tnas_status read_file(cifar_source *cifar, int *at, const bool *wanted,
                             tnas_sample_take *take, void *context)
{
    const tnas_sample *const samples = cifar->source.samples;
    const int file = samples[*at].file, label_bytes = cifar->kind->label_bytes;
    uint8_t bytes[LABEL_BYTES_MAX + PIXEL_BYTES], pixels[PIXEL_BYTES];
    tnas_packed *packed;
    bool ended = false;
    TNAS_TRY(tnas_files_unpack(cifar->source.files, file, &packed));
    tnas_status status = TNAS_OK;
    for (; status == TNAS_OK && *at < cifar->source.sample_count && samples[*at].file == file;
         (*at)++) {
        status = next_record(cifar->kind, packed, samples[*at].record, bytes, &ended);
        if (status == TNAS_OK && (ended || bytes[label_bytes - 1] != samples[*at].label))
            status = tnas_fail(TNAS_ERR_INPUT,
                               "%s: image %d is not what it was when the data set was opened: it "
                               "must not change meanwhile",
                               tnas_packed_name(packed), samples[*at].record);
        if (status != TNAS_OK || !wanted[*at])
            continue;
        interleave(bytes + label_bytes, pixels);
        status = take(context, *at, pixels, tnas_content_hash(pixels, PIXEL_BYTES));
    }
    tnas_packed_close(packed);
    return status;
}

static tnas_status read_images(tnas_dataset_source *source, const bool *wanted,
                               tnas_sample_take *take, void *context)
{
    for (int at = 0; at < source->sample_count;) {
        int end = at;
        bool any = false;
        for (; end < source->sample_count && source->samples[end].file == source->samples[at].file;
             end++)
            any = any || wanted[end];
        if (any)
            TNAS_TRY(read_file((cifar_source *)source, &at, wanted, take, context));
        at = end;
    }
    return TNAS_OK;
}

tnas_status tnas_cifar_open(tnas_files *files, const tnas_data_options *options,
                            tnas_dataset_source **out)
{
    (void)options;
    *out = NULL;
    cifar_source *cifar = tnas_alloc_zero(1, sizeof *cifar);
    uint8_t *head = tnas_alloc_zero(TNAS_HEAD_BYTES, 1);
    tnas_status status = TNAS_OK;
    if (cifar == NULL || head == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "source of %s", tnas_files_location(files));
    if (status == TNAS_OK)
        status = list_files(cifar, files, head);
    if (status == TNAS_OK)
        status = name_classes(cifar, files);
    tnas_free(head);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(cifar != NULL ? &cifar->source : NULL);
        return status;
    }
    cifar->source.format = cifar->kind->format;
    cifar->source.unit = "image";
    cifar->source.h = cifar->source.w = SIDE;
    cifar->source.c = 3;
    cifar->source.are_pictures = true;
    cifar->source.read = read_images;
    *out = &cifar->source;
    return TNAS_OK;
}
