/* The supernet: one weight store whose networks are all networks of a configured space.
 *
 * Slots are the space's sites; a network of the space is a set of views: channel prefixes and
 * kernel centres. Extraction copies a network's slice into a store of its own. */
#ifndef TNAS_SUPERNET_SUPERNET_H
#define TNAS_SUPERNET_SUPERNET_H

#include "nn/engine.h"
#include "search_space/space.h"

typedef struct tnas_supernet {
    const tnas_space_config *config; /* borrowed */
    tnas_store *store;
} tnas_supernet;

/* Slot i is site i at its largest shape, with batch norm but for fc, initialised from the
 * seed. */
tnas_status tnas_supernet_create(const tnas_space_config *config, uint64_t seed,
                                 tnas_supernet **out);
void tnas_supernet_destroy(tnas_supernet *supernet);

/* The network of a legal architecture as views of the store. */
tnas_status tnas_supernet_view(const tnas_supernet *supernet, const tnas_arch *arch, tnas_net *out);

/* A network of its own with a copy of its weights. Release the store with
 * tnas_store_destroy. */
tnas_status tnas_supernet_extract(const tnas_supernet *supernet, const tnas_arch *arch,
                                  tnas_net *net, tnas_store **store);

/*  name      text        what a training step runs */
#define TNAS_SUPERNET_RULES(X)                                                                     \
    X(UNIFORM, "uniform", "random networks, each on the labels, gradients averaged")               \
    X(SANDWICH, "sandwich", "the largest on the labels; smallest and random on its softmax")

typedef enum tnas_supernet_rule {
#define TNAS_RULE_ENUM(name, text, what) TNAS_SUPERNET_##name,
    TNAS_SUPERNET_RULES(TNAS_RULE_ENUM)
#undef TNAS_RULE_ENUM
} tnas_supernet_rule;

const char *tnas_supernet_rule_text(tnas_supernet_rule rule);
/* TNAS_ERR_USAGE with the known rules when the text is none of them. */
tnas_status tnas_supernet_rule_parse(const char *text, tnas_supernet_rule *out);

/* The networks of training steps, drawn from (seed, step); a unit source for the trainer.
 * `nets` is storage for subnets networks, reused by every step. */
typedef struct tnas_supernet_sampler {
    const tnas_supernet *supernet;
    tnas_supernet_rule rule;
    int subnets; /* networks a step runs, 1..TNAS_UNITS_MAX */
    float label_smoothing;
    uint64_t seed;
    tnas_net *nets; /* [subnets] */
} tnas_supernet_sampler;

/* The architectures of a step, archs [subnets]: a pure function of (rule, seed, step). They
 * differ from each other as far as the space has that many networks. */
void tnas_supernet_draw(const tnas_supernet_sampler *sampler, long step, tnas_arch *archs);

/* Fits tnas_unit_source.units with the sampler as context. Every unit has the weight
 * 1 / subnets, so that the learning rate does not depend on their number. */
tnas_status tnas_supernet_units(void *sampler, long step, tnas_unit *units, int *unit_count);

/* Binary file of the store's values with shape check; space and data hashes are the study's
 * business. A failed load (TNAS_ERR_IO, TNAS_ERR_INPUT) leaves the values as they were. */
tnas_status tnas_supernet_save(const tnas_supernet *supernet, const char *path);
tnas_status tnas_supernet_load(tnas_supernet *supernet, const char *path);

#endif
