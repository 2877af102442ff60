#include "data/split.h"

#include <string.h>

#include "common/alloc.h"

typedef struct class_tally {
    int count, chosen;
    int lowest, highest; /* images with the extreme keys */
} class_tally;

/* The last bytes of an image hardly reach the top bits of its FNV-1a hash, and those decide.
 * Finaliser of MurmurHash3 (A. Appleby): a bijection in which every bit reaches every bit. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

static void tally_image(class_tally *tally, const uint64_t *image_hashes, int image, bool chosen)
{
    const uint64_t key = mix(image_hashes[image]);
    if (tally->count == 0 || key < mix(image_hashes[tally->lowest]))
        tally->lowest = image;
    if (tally->count == 0 || key > mix(image_hashes[tally->highest]))
        tally->highest = image;
    tally->count++;
    tally->chosen += chosen;
}

/* chosen[i] becomes true for the validation images; returns how many there are. */
static int choose(const tnas_images *train, const uint64_t *image_hashes, double share,
                  class_tally *tallies, int class_count, bool *chosen)
{
    if (share <= 0)
        return 0;
    const uint64_t threshold = (uint64_t)(share * 0x1p64);
    for (int i = 0; i < train->count; i++) {
        chosen[i] = mix(image_hashes[i]) < threshold;
        tally_image(&tallies[train->labels[i]], image_hashes, i, chosen[i]);
    }
    int chosen_count = 0;
    for (int k = 0; k < class_count; k++) {
        class_tally *const tally = &tallies[k];
        if (tally->chosen == 0 && tally->count > 1) {
            chosen[tally->lowest] = true;
            tally->chosen++;
        } else if (tally->chosen == tally->count && tally->count > 0) {
            chosen[tally->highest] = false;
            tally->chosen--;
        }
        chosen_count += tally->chosen;
    }
    return chosen_count;
}

static void move_chosen(tnas_images *train, const bool *chosen, size_t image_bytes,
                        tnas_images *validation)
{
    int kept = 0;
    for (int i = 0; i < train->count; i++) {
        tnas_images *const to = chosen[i] ? validation : train;
        const int at = chosen[i] ? validation->count++ : kept++;
        /* Kept images only ever move forward onto themselves or a place already read. */
        memmove(to->pixels + (size_t)at * image_bytes, train->pixels + (size_t)i * image_bytes,
                image_bytes);
        to->labels[at] = train->labels[i];
    }
    train->count = kept;
}

tnas_status tnas_split_validation(tnas_images *train, const uint64_t *image_hashes,
                                  size_t image_bytes, int class_count, double share,
                                  tnas_images *validation)
{
    *validation = (tnas_images){0};
    bool *chosen = tnas_alloc_zero((size_t)train->count, sizeof *chosen);
    class_tally *tallies = tnas_alloc_zero((size_t)class_count, sizeof *tallies);
    tnas_status status = TNAS_ERR_NOMEM;
    if (chosen != NULL && tallies != NULL) {
        const int count = choose(train, image_hashes, share, tallies, class_count, chosen);
        validation->pixels = tnas_alloc_zero((size_t)count, image_bytes);
        validation->labels = tnas_alloc_zero((size_t)count, sizeof *validation->labels);
        if (validation->pixels != NULL && validation->labels != NULL)
            status = TNAS_OK;
    }
    if (status == TNAS_OK) {
        move_chosen(train, chosen, image_bytes, validation);
    } else {
        tnas_fail(status, "validation split of %d images", train->count);
        tnas_images_deinit(validation);
    }
    tnas_free(chosen);
    tnas_free(tallies);
    return status;
}
