#include "export/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rng.h"
#include "estimators/device_cores.h"
#include "export/boards.h"
#include "export/export_folder_internal.h"
#include "export/generate_internal.h"
#include "runtime/tnrt_crc32.h"

static const struct {
    const char *template, *path;
} templates[] = {
    {"export/templates/measure.h.in", "measure.h"},
    {"export/templates/measure.c.in", "measure.c"},
    {"export/templates/measure_port_cortex_m.c.in", "measure_port_cortex_m.c"},
    {"export/templates/measure_port_emulated.c.in", "measure_port_emulated.c"},
    {"export/templates/measure_port_gap8.c.in", "measure_port_gap8.c"},
    {"export/templates/measure_port_riscv.c.in", "measure_port_riscv.c"},
    {"export/templates/measure_Makefile.in", "Makefile"},
    {"export/templates/firmware_board.h.in", "emulated/board.h"},
    {"export/templates/firmware_link.ld.in", "emulated/link.ld"},
};

/* One network: what it is called in C, and its test input. */
typedef struct network {
    tnas_export_options options;
    tnas_export_job job;
    char name[TNAS_EXPORT_NAME_BYTES];
    int8_t *input; /* [input_bytes] */
    uint32_t output_crc;
} network;

/* ---- Names and inputs ---------------------------------------------------------------------- */

/* As C names it; a number is added until no earlier network has the name. */
static void name_network(network *networks, int index, const char *text)
{
    char *const name = networks[index].name;
    char wanted[TNAS_EXPORT_NAME_BYTES - 12];
    tnas_export_sanitize(text, wanted, sizeof wanted);
    snprintf(name, sizeof networks[index].name, "%s", wanted);
    for (int i = 0, number = 2; i < index; i++)
        if (strcmp(networks[i].name, name) == 0) {
            snprintf(name, sizeof networks[index].name, "%s_%d", wanted, number++);
            i = -1;
        }
}

static tnas_status run_once(network *n)
{
    const tnas_image *const image = n->job.image;
    n->input = tnas_alloc_zero(n->job.input_bytes, 1);
    int8_t *const output = tnas_alloc_zero(n->job.output_bytes, 1);
    void *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    const bool enough = n->input != NULL && output != NULL && arena != NULL;
    if (enough) {
        tnas_rng rng = tnas_rng_stream(0, TNAS_RNG_TEST, 0);
        for (size_t i = 0; i < n->job.input_bytes; i++)
            n->input[i] = (int8_t)((int)tnas_rng_below(&rng, 256) - 128);
        tnas_image_run(image, arena, n->input, output);
        n->output_crc = tnrt_crc32(0, output, n->job.output_bytes);
    }
    tnas_free(arena);
    tnas_free(output);
    return enough ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "test input of %s", n->name);
}

static tnas_status prepare(const tnas_measure_options *options, network *networks)
{
    for (int i = 0; i < options->network_count; i++) {
        network *const n = &networks[i];
        name_network(networks, i, options->networks[i].name);
        n->options = (tnas_export_options){.name = n->name};
        tnas_export_job_fill(options->networks[i].image, &n->options, &n->job);
        TNAS_TRY(run_once(n));
    }
    return TNAS_OK;
}

/* ---- measure_models.c ---------------------------------------------------------------------- */

/* A field of the CSV inside a C string: commas, quotes and what is not printable ASCII would end
 * one or the other. */
static void add_field(const char *text, tnas_text *out)
{
    for (; *text != '\0'; text++)
        tnas_text_add(out, "%c",
                      *text < ' ' || *text > '~' || strchr(",\"\\?", *text) != NULL ? '_' : *text);
    tnas_text_add(out, ",");
}

static void add_row_start(const tnas_measure_options *options, const char *text, tnas_text *out)
{
    tnas_text_add(out, "    {\"");
    add_field(text, out);
    add_field(options->mcu->part, out);
    add_field(options->runtime, out);
    add_field(options->version, out);
    tnas_text_add(out, "%g,", options->mcu->clock_mhz);
}

/* A step of several operators is no row of a layer table: it counts in the network's row. */
static void add_rows(const tnas_measure_options *options, const network *n, const char *text,
                     tnas_text *out)
{
    const tnas_image *const image = n->job.image;
    tnas_text_add(out, "static const measure_row %s_rows[] = {\n", n->name);
    if (image->graph.op_count > 1) {
        add_row_start(options, text, out);
        tnas_text_add(out, "network,,,,,,,,,\", 0, %u},\n", (unsigned)image->model.layer_count);
    }
    for (int row = 0; row < image->graph.op_count; row++) {
        const tnas_image_row *const r = &image->rows[row];
        if (image->schedule.steps[r->step].op_count != 1)
            continue;
        const tnas_op *const op = &image->graph.ops[r->op];
        const tnas_tensor *const from = &image->graph.tensors[op->in[0]];
        const tnas_tensor *const to = &image->graph.tensors[op->out];
        add_row_start(options, text, out);
        tnas_text_add(out, "%d,%s,%d,%d,%d,%d,%d,%d,%dx%d,\", %d, 1},\n", row,
                      tnas_op_kind_text(op->kind), (int)from->h, (int)from->w, (int)from->c,
                      (int)to->h, (int)to->w, (int)to->c, op->kernel_h, op->kernel_w, row);
    }
    tnas_text_add(out, "};\n");
}

static void add_input(const network *n, tnas_text *out)
{
    tnas_text_add(out, "static const int8_t %s_measured_input[] = {", n->name);
    for (size_t i = 0; i < n->job.input_bytes; i++)
        tnas_text_add(out, "%s%d,", i % 20 == 0 ? "\n    " : " ", n->input[i]);
    tnas_text_add(out, "\n};\n\n");
}

static void generate_models(const tnas_measure_options *options, const network *networks,
                            tnas_text *out)
{
    unsigned arena_bytes = 0;
    tnas_text_add(out, "/* SPDX-License-Identifier: 0BSD */\n"
                       "/* The networks and layers to measure. */\n#include \"measure.h\"\n\n");
    for (int i = 0; i < options->network_count; i++)
        tnas_text_add(out, "#include \"%s.h\"\n#include \"%s_data.h\"\n", networks[i].name,
                      networks[i].name);
    tnas_text_add(out,
                  "\nconst char measure_header[] =\n"
                  "    \"model,mcu,runtime,runtime_version,clock_mhz,layer,op,in_h,in_w,in_c,\"\n"
                  "    \"out_h,out_w,out_c,kernel,cycles\\n\";\n\n");
    for (int i = 0; i < options->network_count; i++) {
        const uint32_t bytes = networks[i].job.image->model.arena_bytes;
        arena_bytes = bytes > arena_bytes ? bytes : arena_bytes;
        add_rows(options, &networks[i], options->networks[i].name, out);
        add_input(&networks[i], out);
    }
    tnas_text_add(out, "const measure_network measure_networks[] = {\n");
    for (int i = 0; i < options->network_count; i++) {
        const network *const n = &networks[i];
        tnas_text_add(out,
                      "    {\"%s\", &%s_model, %s_measured_input, 0x%08" PRIx32 "u, %s_rows,\n"
                      "     sizeof %s_rows / sizeof %s_rows[0]},\n",
                      n->name, n->name, n->name, n->output_crc, n->name, n->name, n->name);
    }
    tnas_text_add(out, "};\nconst uint32_t measure_network_count = %d;\n\n",
                  options->network_count);
    tnas_text_add(out, "%s_ALIGNED(%u) uint8_t measure_arena[%u];\n", networks[0].job.upper,
                  TNRT_ARENA_ALIGN, arena_bytes);
}

/* ---- The folder ---------------------------------------------------------------------------- */

static tnas_status add_models(tnas_export_folder *folder, const tnas_measure_options *options,
                              const network *networks)
{
    static const struct {
        void (*generate)(const tnas_export_job *job, tnas_text *out);
        const char *format;
    } files[] = {
        {tnas_generate_header, "models/%s.h"},
        {tnas_generate_data_header, "models/%s_data.h"},
        {tnas_generate_table, "models/%s.c"},
        {tnas_generate_weights, "models/%s_weights.c"},
    };
    for (int i = 0; i < options->network_count; i++)
        for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
            char path[TNAS_EXPORT_NAME_BYTES + 32];
            tnas_text text;
            tnas_text_init(&text);
            files[f].generate(&networks[i].job, &text);
            snprintf(path, sizeof path, files[f].format, networks[i].name);
            const tnas_status status = tnas_export_add_text(folder, path, &text);
            tnas_text_deinit(&text);
            TNAS_TRY(status);
        }
    return TNAS_OK;
}

/* Whose cycle counter a core has; Cortex-M0+ has none: its application replaces the file. */
static const char *port_of(const tnas_device_core *core)
{
    if (strcmp(core->name, "gap8") == 0)
        return "gap8";
    return strncmp(core->name, "rv32", 4) == 0 ? "riscv" : "cortex_m";
}

static tnas_status add_files(tnas_export_folder *folder, const tnas_measure_options *options,
                             const network *networks)
{
    tnas_text text;
    tnas_text_init(&text);
    generate_models(options, networks, &text);
    const tnas_status status = tnas_export_add_text(folder, "measure_models.c", &text);
    tnas_text_deinit(&text);
    TNAS_TRY(status);
    TNAS_TRY(add_models(folder, options, networks));
    const tnas_device_core *const part = tnas_device_core_of(options->mcu->core);
    const tnas_device_core *const emulated = tnas_device_core_of("Cortex-M7");
    const tnas_board *const board = tnas_board_of(emulated);
    tnas_board_text board_text;
    enum { OWN_COUNT = 5 };
    tnas_template_value values[OWN_COUNT + TNAS_BOARD_VALUES] = {
        {"cross", part->cross},
        {"device_flags", part->flags},
        {"port", port_of(part)},
        {"emulated_cross", emulated->cross},
        {"emulated_flags", emulated->flags},
    };
    tnas_board_values(board, &board_text, values + OWN_COUNT);
    TNAS_TRY(tnas_export_add_template(folder, board->start, "emulated/start.c", values,
                                      OWN_COUNT + TNAS_BOARD_VALUES));
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        TNAS_TRY(tnas_export_add_template(folder, templates[i].template, templates[i].path, values,
                                          (int)(sizeof values / sizeof values[0])));
    return tnas_export_add_runtime(folder, "", networks[0].job.image->variant);
}

static tnas_status write_folder(const tnas_measure_options *options, const network *networks)
{
    tnas_export_folder folder;
    tnas_status status = tnas_export_folder_begin(&folder, options->folder);
    if (status == TNAS_OK)
        status = add_files(&folder, options, networks);
    if (status == TNAS_OK)
        status = tnas_export_folder_commit(&folder);
    tnas_export_folder_deinit(&folder);
    return status;
}

tnas_status tnas_export_measure(const tnas_measure_options *options)
{
    if (options->network_count < 1)
        return tnas_fail(TNAS_ERR_USAGE, "nothing to measure");
    network *const networks = tnas_alloc_zero((size_t)options->network_count, sizeof *networks);
    if (networks == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d networks", options->network_count);
    tnas_status status = prepare(options, networks);
    if (status == TNAS_OK)
        status = write_folder(options, networks);
    for (int i = 0; i < options->network_count; i++)
        tnas_free(networks[i].input);
    tnas_free(networks);
    return status;
}
