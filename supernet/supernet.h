/* The supernet: one weight store whose networks are all networks of a configured space.
 *
 * Slots are the space's sites; a network of the space is a set of views: channel prefixes and
 * kernel centres, these as they are or transformed. Extraction copies a network's slice into a
 * store of its own. */
#ifndef TNAS_SUPERNET_SUPERNET_H
#define TNAS_SUPERNET_SUPERNET_H

#include "nn/engine.h"
#include "search_space/space.h"
#include "supernet/phases.h"

typedef struct tnas_supernet {
    const tnas_space_config *config; /* borrowed */
    tnas_kernel_source kernels;
    tnas_store *store;
} tnas_supernet;

/* Slot i is site i at its largest shape, with batch norm but for fc, and with
 * TNAS_KERNEL_TRANSFORM a matrix for every smaller window of a depthwise convolution;
 * initialised from the seed. */
tnas_status tnas_supernet_create(const tnas_space_config *config, tnas_kernel_source kernels,
                                 uint64_t seed, tnas_supernet **out);
void tnas_supernet_destroy(tnas_supernet *supernet);

/* The network of a legal architecture as views of the store. */
tnas_status tnas_supernet_view(const tnas_supernet *supernet, const tnas_arch *arch, tnas_net *out);

/* A network of its own with a copy of its weights. Release the store with
 * tnas_store_destroy. */
tnas_status tnas_supernet_extract(const tnas_supernet *supernet, const tnas_arch *arch,
                                  tnas_net *net, tnas_store **store);

/* Reorders the channels of every block that expands, so that those come first that matter most:
 * the importance of a channel is the L1 norm of the projecting weights that read it. The largest
 * network computes what it did before, up to rounding; smaller ones keep better channels than
 * they would have had. Only the channels of the block's width number `trained`, counted from the
 * largest, move, and those beyond it stay where they are, so that a width which has been trained
 * keeps its channels: 1 is all of them, 2 those of the second largest width. A pure function of the
 * values. Cai et al., "Once-for-All", ICLR 2020. */
tnas_status tnas_supernet_sort(tnas_supernet *supernet, int trained);

/* The networks of a phase's training steps, drawn from (seed, step); a unit source for the
 * trainer. `nets` is storage for the phase's net_count networks, reused by every step. */
typedef struct tnas_supernet_sampler {
    const tnas_supernet *supernet;
    const tnas_supernet_phase *phase;
    float label_smoothing;
    uint64_t seed;
    tnas_net *nets; /* [phase->net_count] */
} tnas_supernet_sampler;

/* The architectures of a step, archs [net_count]: a pure function of (phase, seed, step). They
 * differ from each other as far as the phase has that many networks. */
void tnas_supernet_draw(const tnas_supernet_sampler *sampler, long step, tnas_arch *archs);

/* Fits tnas_unit_source.units with the sampler as context. Every unit has the weight
 * 1 / net_count, so that the learning rate does not depend on their number. */
tnas_status tnas_supernet_units(void *sampler, long step, tnas_unit *units, int *unit_count);

/* Multiply-accumulates of a step's networks for one image, forward, the mean over all steps of the
 * recipe: what it costs. From some draws of every phase. */
double tnas_supernet_macs_per_step(const tnas_supernet *supernet, tnas_supernet_recipe recipe);

/* Binary file of the store's values with shape check; space and data hashes are the study's
 * business. A failed load (TNAS_ERR_IO, TNAS_ERR_INPUT) leaves the values as they were. */
tnas_status tnas_supernet_save(const tnas_supernet *supernet, const char *path);
tnas_status tnas_supernet_load(tnas_supernet *supernet, const char *path);

#endif
