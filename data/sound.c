/* WAV files as features of sound (data/features.h), named in one of two ways:
 *
 *   seven_theo_12.wav ...       label_speaker_index.wav, all in one folder
 *   [train/] yes/ 1.wav ...     folders with the names of the classes (data/class_folder.h)
 *
 * A recording of any length gives one sample, its middle. Decoding by libsndfile. */
#include <ctype.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/class_folder.h"
#include "data/features.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024 };

typedef struct sound_source {
    tnas_dataset_source source; /* first: the two share an address */
    tnas_sound_features *features;
    tnas_class_folders folders;
    bool by_name;
} sound_source;

bool tnas_sound_recognises(const uint8_t *head, size_t head_bytes)
{
    return head_bytes >= 12 && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WAVE", 4) == 0;
}

/* ---- one recording ---- */

/* A file in memory, as libsndfile wants to see it. */
typedef struct memory_file {
    const uint8_t *bytes;
    sf_count_t byte_count, at;
} memory_file;

static sf_count_t memory_length(void *context)
{
    return ((const memory_file *)context)->byte_count;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *context)
{
    memory_file *const file = context;
    const sf_count_t from = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? file->at
                                                 : file->byte_count;
    if (from + offset < 0 || from + offset > file->byte_count)
        return -1;
    return file->at = from + offset;
}

static sf_count_t memory_read(void *out, sf_count_t count, void *context)
{
    memory_file *const file = context;
    const sf_count_t rest = file->byte_count - file->at;
    const sf_count_t got = count < rest ? count : rest;
    if (got <= 0)
        return 0;
    memcpy(out, file->bytes + file->at, (size_t)got);
    file->at += got;
    return got;
}

static sf_count_t memory_write(const void *bytes, sf_count_t count, void *context)
{
    (void)bytes;
    (void)count;
    (void)context;
    return 0;
}

static sf_count_t memory_tell(void *context)
{
    return ((const memory_file *)context)->at;
}

static tnas_status check_info(const SF_INFO *info, const tnas_sound_features *features,
                              const char *name)
{
    if (info->frames <= 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: has no samples: a recording must have some", name);
    if (info->channels != 1)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d channels: must be 1", name, info->channels);
    if (info->samplerate != features->config.sample_rate_hz)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %d samples a second: must be %d, or say --features sample_rate_hz=%d",
                         name, info->samplerate, features->config.sample_rate_hz, info->samplerate);
    return TNAS_OK;
}

/* samples: NULL checks the header alone; else [*sample_count], release with tnas_free. */
static tnas_status decode(const uint8_t *bytes, size_t byte_count,
                          const tnas_sound_features *features, const char *name, int16_t **samples,
                          size_t *sample_count)
{
    SF_VIRTUAL_IO io = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
    memory_file memory = {bytes, (sf_count_t)byte_count, 0};
    SF_INFO info = {0};
    SNDFILE *const file = sf_open_virtual(&io, SFM_READ, &info, &memory);
    if (file == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "%s: is no sound that can be read: %s", name,
                         sf_strerror(NULL));
    tnas_status status = check_info(&info, features, name);
    if (status == TNAS_OK && samples != NULL) {
        *sample_count = (size_t)info.frames;
        *samples = tnas_alloc_zero(*sample_count, sizeof **samples);
        sf_command(file, SFC_SET_SCALE_FLOAT_INT_READ, NULL, SF_TRUE);
        if (*samples == NULL)
            status = tnas_fail(TNAS_ERR_NOMEM, "%s: %zu samples", name, *sample_count);
        else if (sf_read_short(file, *samples, info.frames) != info.frames)
            status = tnas_fail(TNAS_ERR_INPUT, "%s: ends before its %zu samples do", name,
                               *sample_count);
    }
    sf_close(file);
    return status;
}

static tnas_status read_file(const sound_source *s, const tnas_files *files, int file,
                             int16_t **samples, size_t *sample_count)
{
    char name[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    tnas_files_name(files, file, name);
    TNAS_TRY(tnas_files_read(files, file, FILE_BYTES_MAX, &bytes, &byte_count));
    const tnas_status status =
        byte_count == 0
            ? tnas_fail(TNAS_ERR_INPUT, "%s: is empty: a recording must have samples", name)
            : decode(bytes, byte_count, s->features, name, samples, sample_count);
    tnas_free(bytes);
    return status;
}

/* ---- labels ---- */

/* What calls itself a WAV file has to be one; notes may lie about. */
static bool is_named_sound(const char *name)
{
    const char *const dot = strrchr(name, '.');
    return dot != NULL && strcasecmp(dot, ".wav") == 0;
}

static bool is_sound(const tnas_files *files, int file)
{
    uint8_t head[12];
    size_t got;
    return is_named_sound(tnas_files_last(files, file)) ||
           (tnas_files_head(files, file, head, sizeof head, &got) == TNAS_OK &&
            tnas_sound_recognises(head, got));
}

/* LABEL_SPEAKER_INDEX.wav: the index is a number; the label may have underscores. */
static bool split_name(const char *name, char label[TNAS_CLASS_NAME_BYTES],
                       char speaker[TNAS_GROUP_NAME_BYTES])
{
    char text[256];
    const size_t length = strcspn(name, ".");
    if (length >= sizeof text)
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    char *const index = strrchr(text, '_');
    if (index == NULL || index[1] == '\0' || index[1 + strspn(index + 1, "0123456789")] != '\0')
        return false;
    *index = '\0';
    char *const middle = strrchr(text, '_');
    if (middle == NULL || middle == text || middle[1] == '\0')
        return false;
    *middle = '\0';
    if (strlen(text) >= TNAS_CLASS_NAME_BYTES || strlen(middle + 1) >= TNAS_GROUP_NAME_BYTES)
        return false;
    memcpy(label, text, strlen(text) + 1);
    memcpy(speaker, middle + 1, strlen(middle + 1) + 1);
    return true;
}

static size_t folder_length(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* All in one folder, all with such a name. */
static bool are_named_by_label(const tnas_files *files)
{
    const char *first = NULL;
    char label[TNAS_CLASS_NAME_BYTES], speaker[TNAS_GROUP_NAME_BYTES];
    for (int i = 0; i < tnas_files_count(files); i++) {
        const char *const path = tnas_files_path(files, i);
        if (!is_named_sound(path))
            continue;
        if (first == NULL)
            first = path;
        const size_t length = folder_length(path);
        if (length != folder_length(first) || memcmp(path, first, length) != 0 ||
            !split_name(tnas_files_last(files, i), label, speaker))
            return false;
    }
    return first != NULL;
}

static tnas_status add_named(sound_source *s, const tnas_files *files, int file)
{
    char label[TNAS_CLASS_NAME_BYTES], speaker[TNAS_GROUP_NAME_BYTES], name[TNAS_PATH_BYTES];
    if (!split_name(tnas_files_last(files, file), label, speaker)) {
        tnas_files_name(files, file, name);
        return tnas_fail(TNAS_ERR_INPUT, "%s: must be called label_speaker_index.wav", name);
    }
    int16_t class;
    int32_t group;
    TNAS_TRY(tnas_dataset_source_class(&s->source, label, &class));
    TNAS_TRY(tnas_dataset_source_group(&s->source, speaker, &group));
    tnas_sample *const sample = tnas_dataset_source_add(&s->source);
    if (sample == NULL)
        return TNAS_ERR_NOMEM;
    sample->file = file;
    sample->label = class;
    sample->group = group;
    sample->stated = TNAS_SPLIT_TRAIN;
    return TNAS_OK;
}

static tnas_status add_file(sound_source *s, const tnas_files *files, int file)
{
    TNAS_TRY(read_file(s, files, file, NULL, NULL));
    return s->by_name ? add_named(s, files, file)
                      : tnas_class_folders_add(&s->folders, &s->source, files, file);
}

static tnas_status list_files(sound_source *s, const tnas_files *files)
{
    s->by_name = are_named_by_label(files);
    s->source.group_word = s->by_name ? "speaker" : NULL;
    if (!s->by_name)
        TNAS_TRY(tnas_class_folders_find(&s->source, files, &s->folders));
    for (int i = 0; i < tnas_files_count(files); i++) {
        const tnas_status status = is_sound(files, i) ? add_file(s, files, i) : TNAS_OK;
        if (status != TNAS_OK)
            TNAS_TRY(tnas_dataset_source_skip(&s->source, status));
    }
    if (s->source.sample_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: no sound can be read; the first: %.600s",
                         tnas_files_location(files), s->source.first_skipped);
    return s->by_name ? TNAS_OK : tnas_class_folders_check(&s->folders, &s->source, files);
}

/* ---- samples ---- */

static tnas_status hand_over(sound_source *s, int sample, uint8_t *pixels, tnas_sample_take *take,
                             void *context)
{
    int16_t *samples = NULL;
    size_t sample_count = 0;
    tnas_status status =
        read_file(s, s->source.files, s->source.samples[sample].file, &samples, &sample_count);
    if (status != TNAS_OK) {
        tnas_free(samples);
        return tnas_dataset_source_skip(&s->source, status);
    }
    const uint64_t hash = tnas_content_hash(samples, sample_count * sizeof *samples);
    status = tnas_sound_features_compute(s->features, samples, sample_count, pixels);
    tnas_free(samples);
    return status == TNAS_OK ? take(context, sample, pixels, hash) : status;
}

static tnas_status read_samples(tnas_dataset_source *source, const bool *wanted,
                                tnas_sample_take *take, void *context)
{
    sound_source *const s = (sound_source *)source;
    uint8_t *const pixels = tnas_alloc_zero((size_t)source->h, (size_t)source->w);
    if (pixels == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "features of a sound");
    tnas_status status = TNAS_OK;
    for (int i = 0; status == TNAS_OK && i < source->sample_count; i++)
        if (wanted[i])
            status = hand_over(s, i, pixels, take, context);
    tnas_free(pixels);
    return status;
}

static void destroy(tnas_dataset_source *source)
{
    sound_source *const s = (sound_source *)source;
    tnas_sound_features_destroy(s->features);
    tnas_free(s);
}

static tnas_status open_sounds(sound_source *s, tnas_files *files, const tnas_data_options *options)
{
    tnas_sound_config config = tnas_sound_defaults;
    TNAS_TRY(tnas_sound_config_parse(options->features, &config));
    TNAS_TRY(tnas_sound_features_create(&config, &s->features));
    s->source.h = s->features->device.frames;
    s->source.w = s->features->device.features;
    s->source.c = 1;
    s->source.features = s->features;
    return list_files(s, files);
}

tnas_status tnas_sound_open(tnas_files *files, const tnas_data_options *options,
                            tnas_dataset_source **out)
{
    *out = NULL;
    sound_source *s = tnas_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "sounds of %s", tnas_files_location(files));
    s->source.format = "WAV";
    s->source.unit = "sound";
    s->source.read = read_samples;
    s->source.destroy = destroy;
    s->source.skips_bad = options->skip_bad;
    const tnas_status status = open_sounds(s, files, options);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(&s->source);
        return status;
    }
    *out = &s->source;
    return TNAS_OK;
}
