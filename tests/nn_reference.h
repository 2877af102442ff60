/* The meaning of a net, for the tests of nn: double precision, plain loops, NHWC maps, weights
 * read straight from the store. It shares no code with the engine. */
#ifndef TNAS_TESTS_NN_REFERENCE_H
#define TNAS_TESTS_NN_REFERENCE_H

#include "nn/engine.h"
#include "tests/testing.h"

/* Every tensor of a pass over some images, after batch norm and activation. */
typedef struct reference_pass {
    int images;
    double *maps[TNAS_GRAPH_TENSORS_MAX]; /* [image, h, w, c] */
    double *mean, *var;                   /* [bn_channels], used by the pass */
} reference_pass;

/* `values` in place of the store's own; stats NULL: those of the images. */
reference_pass reference_forward(const tnas_net *net, const tnas_store *store, const double *values,
                                 const tnas_bn_stats *stats, const uint8_t *images, int count);
void reference_free(reference_pass *pass, const tnas_net *net);
const double *reference_logits(const reference_pass *pass, const tnas_net *net);

/* The sum of weight * loss over the units that tnas_engine_step differentiates. Teachers are
 * constants: they compute with teacher_values. losses [unit_count] may be NULL. */
double reference_step(const tnas_store *store, const double *values, const double *teacher_values,
                      const tnas_unit *units, int unit_count, const tnas_batch *batch, int shards,
                      double *losses);

/* A store whose slots are larger than the graph's operators, and views on their corners and
 * centres. */
typedef struct reference_slack {
    int channels; /* further output and input channels of every slot */
    int kernel;   /* further rings around every kernel */
    bool no_batch_norm;
} reference_slack;

void reference_build(const tnas_graph *graph, reference_slack slack, uint64_t index, tnas_net *net,
                     tnas_store **store);

/* Weights of a plausible size, BN scales around 1, shifts around 0: nothing special. */
void randomise(tnas_store *store, uint64_t index);
double *doubles_of(const tnas_store *store); /* caller frees */

/* Random images and labels for a net. */
tnas_batch random_batch(const tnas_net *net, int count, uint64_t index);
void free_batch(tnas_batch *batch);

/* Appends an operator with SAME padding, or none for fc and add; returns the tensor. */
int append_same(tnas_graph *graph, int kind, int in, int out_c, int kernel, int stride,
                int activation);
int append_fc(tnas_graph *graph, int in, int classes);
int append_add(tnas_graph *graph, int a, int b, int activation);

/* A small net with everything that MobileNets have: stem, an inverted residual block, one with
 * stride 2, head, global average, fc. Input 9x8x2, 5 classes. */
void small_mobilenet(tnas_graph *graph);

/* An engine on a pool of its own. */
typedef struct engine_of {
    tnas_pool *pool;
    tnas_engine *engine;
} engine_of;

engine_of make_engine(int threads, int shards);
void drop_engine(engine_of *e);

#endif
