#include "trainer/identity.h"

#include "common/hash.h"

static uint64_t hash_number(uint64_t hash, int64_t number)
{
    return tnas_hash_bytes(hash, &number, sizeof number);
}

static uint64_t hash_store(const tnas_store *store)
{
    uint64_t hash = hash_number(TNAS_HASH_START, (int64_t)store->value_count);
    for (int i = 0; i < store->slot_count; i++) {
        const tnas_slot *const slot = &store->slots[i];
        const int64_t shape[] = {slot->kind,     slot->out_c,    slot->in_c,
                                 slot->kernel_h, slot->kernel_w, slot->batch_norm};
        hash = tnas_hash_bytes(hash, shape, sizeof shape);
        hash = tnas_hash_bytes(hash, slot->windows, slot->window_count * sizeof slot->windows[0]);
    }
    return hash;
}

static uint64_t hash_net(uint64_t hash, const tnas_net *net)
{
    const tnas_graph *const graph = &net->graph;
    const tnas_tensor *const in = &graph->tensors[0];
    const int64_t input[] = {in->h, in->w, in->c, graph->op_count};
    hash = tnas_hash_bytes(hash, input, sizeof input);
    _Static_assert(sizeof(tnas_op) == 16, "operators have no padding");
    hash = tnas_hash_bytes(hash, graph->ops, (size_t)graph->op_count * sizeof graph->ops[0]);
    for (int i = 0; i < graph->op_count; i++) {
        const tnas_view *const view = &net->views[i];
        const int64_t place[] = {view->slot, view->out_prefix, view->in_prefix, view->kernel};
        hash = tnas_hash_bytes(hash, place, view->slot == TNAS_NONE ? 0 : sizeof place);
    }
    return hash;
}

static uint64_t hash_units(const tnas_unit *units, int unit_count)
{
    uint64_t hash = hash_number(TNAS_HASH_START, unit_count);
    for (int u = 0; u < unit_count; u++) {
        const double loss[] = {units[u].weight, units[u].label_smoothing, units[u].teacher,
                               units[u].label_share, units[u].temperature};
        hash = tnas_hash_bytes(hash, loss, sizeof loss);
        hash = hash_net(hash, units[u].net);
    }
    return hash;
}

/* Unlike a student's, a teacher's weights stay what they are. */
static uint64_t hash_teacher(uint64_t hash, const tnas_teacher *teacher)
{
    if (teacher == NULL)
        return hash;
    const tnas_store *const store = teacher->store;
    const size_t channels = (size_t)teacher->net->bn_channels;
    hash = hash_net(hash, teacher->net);
    hash = tnas_hash_bytes(hash, store->values, store->value_count * sizeof(float));
    hash = tnas_hash_bytes(hash, teacher->stats->mean, channels * sizeof(float));
    return tnas_hash_bytes(hash, teacher->stats->var, channels * sizeof(float));
}

static uint64_t hash_images(const tnas_images *images, const tnas_tensor *shape)
{
    const size_t count = (size_t)images->count;
    uint64_t hash = hash_number(TNAS_HASH_START, images->count);
    hash = tnas_hash_bytes(hash, shape, sizeof *shape);
    hash = tnas_hash_bytes(hash, images->pixels, count * (size_t)tnas_tensor_count(shape));
    return tnas_hash_bytes(hash, images->labels, count * sizeof *images->labels);
}

void tnas_identity_of(const tnas_recipe *recipe, uint64_t seed, const tnas_store *store,
                      const tnas_unit *units, int unit_count, const tnas_teacher *teacher,
                      const tnas_images *images, tnas_identity *out)
{
    tnas_recipe same = *recipe;
    same.checkpoint_steps = 0;
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&same, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++)
        out->recipe[i] = values[i].value;
    out->seed = seed;
    out->store_hash = hash_store(store);
    out->nets_hash = hash_teacher(hash_units(units, unit_count), teacher);
    out->images_hash = hash_images(images, &units[0].net->graph.tensors[0]);
}

tnas_status tnas_identity_compare(const tnas_identity *found, const tnas_identity *wanted,
                                  const char *path)
{
    const tnas_recipe any = tnas_recipe_default();
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&any, values); /* for the names */
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++)
        if (found->recipe[i] != wanted->recipe[i])
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s belongs to another training: recipe.%s = %.9g there, %.9g here; "
                             "remove it to start anew",
                             path, values[i].name, found->recipe[i], wanted->recipe[i]);
    if (found->seed != wanted->seed)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s belongs to another training: seed = %llu there, %llu here; remove it "
                         "to start anew",
                         path, (unsigned long long)found->seed, (unsigned long long)wanted->seed);
    const char *const what = found->store_hash != wanted->store_hash     ? "weights"
                             : found->nets_hash != wanted->nets_hash     ? "networks"
                             : found->images_hash != wanted->images_hash ? "images"
                                                                         : NULL;
    if (what != NULL)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s belongs to another training, of other %s; remove it to start anew",
                         path, what);
    return TNAS_OK;
}
