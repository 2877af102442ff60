/* Fits the memory coefficients of runtimes that are not ours to published bytes, and says how
 * far they are from networks that were left out.
 *
 *   fit_memory SHARED       the folder with boards/ and models/
 * Rows come from SHARED/boards, graphs from configs/graphs or, operator by operator, from
 * SHARED/models/layers.csv. Relative least squares; the coefficients printed belong into
 * estimators/target_tflm.c and target_x_cube_ai.c, the tables into docs/memory-models.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"
#include "common/io.h"
#include "common/paths.h"
#include "estimators/footprint.h"

enum { ROWS_MAX = 128, TERMS_MAX = 3, FILES = 3 };

typedef struct board_row {
    char net[64], part[24], version[16];
    double sram, flash;                     /* published bytes */
    double arena, channels, weights, steps; /* of our layout */
    double priced_sram, priced_flash;       /* by the runtime as it is registered */
} board_row;

typedef struct row_list {
    int count;
    board_row rows[ROWS_MAX];
} row_list;

static const struct {
    const char *name;
    double unit; /* of a figure printed as 1000 bytes */
} files[FILES] = {
    {"tinyengine_h743_f746.csv", 1.024}, /* kB there are KiB */
    {"f746_f767_f446_networks.csv", 1.024},
    {"stm32ai_modelzoo.csv", 1},
};

static int column_number(const tnas_csv *csv, int row, const char *name)
{
    return atoi(tnas_csv_text(csv, row, tnas_csv_column(csv, name)));
}

/* ---- Graphs from layers.csv ---- */

enum { FILE_TENSORS_MAX = 1024, NO_OPERATOR = -2 };

static int kind_of(const char *op)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {
        {"CONV_2D", TNAS_OP_CONV2D},
        {"DEPTHWISE_CONV_2D", TNAS_OP_DWCONV2D},
        {"FULLY_CONNECTED", TNAS_OP_FC},
        {"ADD", TNAS_OP_ADD},
        {"MUL", TNAS_OP_MUL},
        {"CONCATENATION", TNAS_OP_CONCAT},
        {"AVERAGE_POOL_2D", TNAS_OP_AVGPOOL},
        {"MAX_POOL_2D", TNAS_OP_MAXPOOL},
        {"MEAN", TNAS_OP_AVGPOOL},
        {"SOFTMAX", TNAS_OP_SOFTMAX},
        {"LOGISTIC", TNAS_OP_LOGISTIC},
        {"RESHAPE", NO_OPERATOR},
        {"QUANTIZE", NO_OPERATOR},
        {"DEQUANTIZE", NO_OPERATOR},
        {"PAD", NO_OPERATOR}, /* the convolution behind it takes it back */
    };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (strcmp(kinds[k].name, op) == 0)
            return kinds[k].kind;
    return TNAS_NONE;
}

/* Padding that leads from an input side to the output side the file states. */
static void pad_side(int in, int out, int kernel, int stride, uint8_t *before, uint8_t *after)
{
    const int total = (out - 1) * stride + kernel - in;
    *before = (uint8_t)(total > 0 ? total / 2 : 0);
    *after = (uint8_t)(total > 0 ? total - total / 2 : 0);
}

static void set_window(const tnas_csv *csv, int row, const tnas_tensor *in, tnas_op *op)
{
    const char *const name = tnas_csv_text(csv, row, tnas_csv_column(csv, "op"));
    const bool mean = strcmp(name, "MEAN") == 0;
    op->kernel_h = (uint8_t)(mean ? in->h : column_number(csv, row, "kernel_h"));
    op->kernel_w = (uint8_t)(mean ? in->w : column_number(csv, row, "kernel_w"));
    op->stride_h = (uint8_t)(mean ? 1 : column_number(csv, row, "stride_h"));
    op->stride_w = (uint8_t)(mean ? 1 : column_number(csv, row, "stride_w"));
    pad_side(in->h, column_number(csv, row, "out_h"), op->kernel_h, op->stride_h, &op->pad_top,
             &op->pad_bottom);
    pad_side(in->w, column_number(csv, row, "out_w"), op->kernel_w, op->stride_w, &op->pad_left,
             &op->pad_right);
}

static bool append_row(const tnas_csv *csv, int row, int16_t place[FILE_TENSORS_MAX],
                       tnas_graph *graph)
{
    int in[3] = {0, TNAS_NONE, TNAS_NONE}, in_count, out;
    in_count = sscanf(tnas_csv_text(csv, row, tnas_csv_column(csv, "in_tensors")), "%d;%d;%d",
                      &in[0], &in[1], &in[2]);
    const int kind = kind_of(tnas_csv_text(csv, row, tnas_csv_column(csv, "op")));
    if (in_count < 1 || in_count > 2 || kind == TNAS_NONE ||
        sscanf(tnas_csv_text(csv, row, tnas_csv_column(csv, "out_tensors")), "%d", &out) != 1 ||
        out >= FILE_TENSORS_MAX || in[0] >= FILE_TENSORS_MAX || in[1] >= FILE_TENSORS_MAX)
        return false;
    if (graph->op_count == 0 && graph->tensors[0].h == 0) {
        tnas_graph_init(graph, column_number(csv, row, "in_h"), column_number(csv, row, "in_w"),
                        column_number(csv, row, "in_c"));
        place[in[0]] = 0;
    }
    if (kind == NO_OPERATOR) {
        place[out] = place[in[0]];
        return true;
    }
    tnas_op op = {.kind = (uint8_t)kind,
                  .in = {place[in[0]], in_count == 2 ? place[in[1]] : TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    if (tnas_op_has(kind, TNAS_OP_WINDOW))
        set_window(csv, row, &graph->tensors[op.in[0]], &op);
    const int t = tnas_graph_append(graph, &op, column_number(csv, row, "out_c"));
    place[out] = (int16_t)t;
    return t != TNAS_NONE && graph->tensors[t].h == column_number(csv, row, "out_h") &&
           graph->tensors[t].c == column_number(csv, row, "out_c");
}

static bool graph_of_layers(const tnas_csv *layers, const char *net, tnas_graph *graph)
{
    int16_t place[FILE_TENSORS_MAX] = {0};
    tnas_graph_init(graph, 0, 0, 0);
    for (int row = 0; row < tnas_csv_row_count(layers); row++)
        if (strcmp(tnas_csv_text(layers, row, tnas_csv_column(layers, "model")), net) == 0 &&
            !append_row(layers, row, place, graph))
            return false;
    return graph->op_count > 0;
}

static bool find_graph(const tnas_csv *layers, const char *net, tnas_graph *graph)
{
    char path[TNAS_PATH_BYTES];
    snprintf(path, sizeof path, "configs/graphs/%s.json", net);
    return tnas_graph_load(path, graph) == TNAS_OK || graph_of_layers(layers, net, graph);
}

/* ---- Rows ---- */

static void measure_layout(const tnas_layout *layout, board_row *out)
{
    out->arena = (double)layout->plan.arena_bytes;
    out->steps = layout->schedule.step_count;
    out->channels = 0;
    for (int op = 0; op < layout->graph.op_count; op++)
        if (tnas_op_weight_count(&layout->graph, op) > 0)
            out->channels += layout->graph.tensors[layout->graph.ops[op].out].c;
    out->weights = (double)tnas_graph_weight_count(&layout->graph);
}

static const char *field(const tnas_csv *csv, int row, const char *name)
{
    return tnas_csv_text(csv, row, tnas_csv_column(csv, name));
}

/* Which rows of the boards' files a fit takes. */
typedef struct selection {
    const tnas_runtime *runtime;
    const char *runtime_text, *part, *versions; /* part "": all; versions separated by spaces */
} selection;

static bool is_selected(const selection *s, const tnas_csv *csv, int row)
{
    const char *const version = field(csv, row, "runtime_version");
    return strcmp(field(csv, row, "runtime"), s->runtime_text) == 0 &&
           strncmp(field(csv, row, "mcu"), s->part, strlen(s->part)) == 0 && version[0] != '\0' &&
           strstr(s->versions, version) != NULL && field(csv, row, "ram_bytes")[0] != '\0' &&
           field(csv, row, "flash_bytes")[0] != '\0';
}

static tnas_status add_rows(const selection *s, const tnas_csv *csv, double unit,
                            const tnas_csv *layers, row_list *out)
{
    static tnas_layout layout;
    for (int i = 0; i < tnas_csv_row_count(csv) && out->count < ROWS_MAX; i++) {
        tnas_graph graph;
        if (!is_selected(s, csv, i) || !find_graph(layers, field(csv, i, "model"), &graph))
            continue;
        board_row *const r = &out->rows[out->count];
        snprintf(r->net, sizeof r->net, "%s", field(csv, i, "model"));
        snprintf(r->part, sizeof r->part, "%s", field(csv, i, "mcu"));
        snprintf(r->version, sizeof r->version, "%s", field(csv, i, "runtime_version"));
        r->sram = unit * atof(field(csv, i, "ram_bytes"));
        r->flash = unit * atof(field(csv, i, "flash_bytes"));
        TNAS_TRY(tnas_runtime_lay_out(s->runtime, &graph, &layout));
        measure_layout(&layout, r);
        tnas_footprint priced;
        TNAS_TRY(tnas_footprint_compute(&layout.graph, &layout.schedule, &layout.plan, s->runtime,
                                        NULL, &priced));
        r->priced_sram = (double)priced.sram_bytes;
        r->priced_flash = (double)priced.flash_bytes;
        out->count++;
    }
    return TNAS_OK;
}

static tnas_status collect(const selection *s, const char *shared, row_list *out)
{
    char path[TNAS_PATH_BYTES];
    tnas_csv *layers, *csv;
    snprintf(path, sizeof path, "%s/models/layers.csv", shared);
    TNAS_TRY(tnas_csv_load(path, &layers));
    tnas_status status = TNAS_OK;
    for (int f = 0; status == TNAS_OK && f < FILES; f++) {
        snprintf(path, sizeof path, "%s/boards/%s", shared, files[f].name);
        status = tnas_csv_load(path, &csv);
        if (status == TNAS_OK)
            status = add_rows(s, csv, files[f].unit, layers, out);
        tnas_csv_destroy(csv);
    }
    tnas_csv_destroy(layers);
    return status;
}

/* ---- Fit ---- */

typedef struct model {
    const char *what;
    int term_count;
    const char *term_names[TERMS_MAX];
    double (*target)(const board_row *r);
    double (*known)(const board_row *r); /* bytes that are not fitted */
    void (*terms)(const board_row *r, double *x);
} model;

/* Weighted least squares by Gauss elimination of at most three normal equations, leaving out
 * the rows of one network (NULL: none). */
static void solve(const model *m, const row_list *list, const char *without, double *c)
{
    double a[TERMS_MAX][TERMS_MAX + 1] = {{0}};
    const int n = m->term_count;
    for (int i = 0; i < list->count; i++) {
        const board_row *const r = &list->rows[i];
        if (without != NULL && strcmp(r->net, without) == 0)
            continue;
        double x[TERMS_MAX + 1];
        m->terms(r, x);
        x[n] = m->target(r) - m->known(r);
        for (int j = 0; j < n; j++)
            for (int k = 0; k <= n; k++)
                a[j][k] += x[j] * x[k] / (m->target(r) * m->target(r));
    }
    for (int j = 0; j < n; j++) /* positive definite: no pivoting */
        for (int i = 0; i < n; i++) {
            const double factor = a[i][j] / a[j][j];
            for (int k = 0; i != j && k <= n; k++)
                a[i][k] -= factor * a[j][k];
        }
    for (int j = 0; j < n; j++)
        c[j] = a[j][n] / a[j][j];
}

static double predict(const model *m, const board_row *r, const double *c)
{
    double x[TERMS_MAX], sum = m->known(r);
    m->terms(r, x);
    for (int j = 0; j < m->term_count; j++)
        sum += c[j] * x[j];
    return sum;
}

static void report(const model *m, const row_list *list)
{
    double c[TERMS_MAX], sum = 0, worst = 0;
    printf("%s, %d rows:", m->what, list->count);
    solve(m, list, NULL, c);
    for (int j = 0; j < m->term_count; j++)
        printf(" %s %.1f", m->term_names[j], c[j]);
    printf("\n");
    for (int i = 0; i < list->count; i++) {
        const board_row *const r = &list->rows[i];
        solve(m, list, r->net, c);
        const double error = predict(m, r, c) / m->target(r) - 1;
        printf("  %-36s %-12s %-8s %9.1f KiB  held out %+6.2f %%\n", r->net, r->part, r->version,
               m->target(r) / 1024, 100 * error);
        sum += fabs(error);
        worst = fmax(worst, fabs(error));
    }
    printf("  net out: mean %.2f %%, worst %.2f %%\n", 100 * sum / list->count, 100 * worst);
}

static double sram(const board_row *r)
{
    return r->sram;
}

static double flash(const board_row *r)
{
    return r->flash;
}

static double tflm_sram_known(const board_row *r)
{
    return r->arena + 8 * r->channels;
}

static double tflm_flash_known(const board_row *r)
{
    return r->weights + 28 * r->channels;
}

static double x_cube_ai_sram_known(const board_row *r)
{
    return r->arena;
}

static double x_cube_ai_flash_known(const board_row *r)
{
    return r->weights + 4 * r->channels;
}

static void per_step(const board_row *r, double *x)
{
    x[0] = r->steps;
}

static void per_step_and_one(const board_row *r, double *x)
{
    x[0] = r->steps;
    x[1] = 1;
}

static void per_step_channel_and_one(const board_row *r, double *x)
{
    x[0] = r->steps;
    x[1] = r->channels;
    x[2] = 1;
}

/* How far the registered figures are from rows that need not have been fitted. */
static void check(const row_list *list)
{
    printf("  as registered, %d rows: SRAM and flash errors\n", list->count);
    for (int i = 0; i < list->count; i++) {
        const board_row *const r = &list->rows[i];
        printf("  %-36s %-12s %-14s %+6.1f %% %+6.1f %%\n", r->net, r->part, r->version,
               100 * (r->priced_sram / r->sram - 1), 100 * (r->priced_flash / r->flash - 1));
    }
}

/* Both models NULL: only the check. */
static tnas_status fit(const char *shared, const selection *s, const model *sram_model,
                       const model *flash_model)
{
    static row_list list;
    list.count = 0;
    printf("\n%s: %s, %s*, %s\n", s->runtime->name, s->runtime_text, s->part, s->versions);
    TNAS_TRY(collect(s, shared, &list));
    if (sram_model != NULL)
        report(sram_model, &list);
    if (flash_model != NULL)
        report(flash_model, &list);
    check(&list);
    return TNAS_OK;
}

static tnas_status fit_all(const char *shared)
{
    static const model tflm_sram = {"SRAM", 1, {"per operator"}, sram, tflm_sram_known, per_step};
    static const model tflm_flash = {
        "flash", 2, {"per operator", "code"}, flash, tflm_flash_known, per_step_and_one};
    static const model xc_sram = {
        "SRAM", 2, {"per layer", "constant"}, sram, x_cube_ai_sram_known, per_step_and_one};
    static const model xc_flash = {"flash",
                                   3,
                                   {"per layer", "per channel", "constant"},
                                   flash,
                                   x_cube_ai_flash_known,
                                   per_step_channel_and_one};
    const struct {
        selection selection;
        const model *sram, *flash;
    } fits[] = {
        {{tnas_runtime_find("tflm", NULL), "TFLM reference kernels", "STM32H743", "713b6ed"},
         &tflm_sram,
         &tflm_flash},
        {{tnas_runtime_find("tflm-cmsis-nn", NULL), "TFLM CMSIS-NN", "STM32H743", "011bf32"},
         &tflm_sram,
         &tflm_flash},
        {{tnas_runtime_find("x-cube-ai", NULL), "X-CUBE-AI", "STM32H7", "7.3.0"},
         &xc_sram,
         &xc_flash},
        {{tnas_runtime_find("x-cube-ai", NULL), "X-CUBE-AI", "", "7.1.0 8.1.0 10.0.0"}, NULL, NULL},
        {{tnas_runtime_find("tflm", NULL), "TFLM", "STM32F746", "v2.1.0 @713b6ed"}, NULL, NULL},
        {{tnas_runtime_find("tflm-cmsis-nn", NULL), "TFLM CMSIS-NN", "STM32F746", "CMSIS-NN 2.0.0"},
         NULL,
         NULL},
        {{tnas_runtime_find("tinyengine", NULL), "TinyEngine", "STM32", "0363956 2022-08"},
         NULL,
         NULL},
    };
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++)
        TNAS_TRY(fit(shared, &fits[i].selection, fits[i].sram, fits[i].flash));
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fit_memory SHARED\n");
        return 2;
    }
    const tnas_status status = fit_all(argv[1]);
    if (status != TNAS_OK)
        fprintf(stderr, "fit_memory: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
