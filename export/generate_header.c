/* NAME.h and NAME_data.h: what an application sees of the model, and what the model's own
 * files share. Everything an application needs at compile time is a macro, so that a budget can
 * be checked by the preprocessor and buffers can be sized. */
#include "export/generate_internal.h"

#include <stdio.h>
#include <string.h>

/* A float literal that is read back as the same float: it needs a point or an exponent. */
static void add_float_macro(tnas_text *out, const char *upper, const char *what, float value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.9g", (double)value);
    tnas_text_add(out, "#define %s_%s %s%sf\n", upper, what, digits,
                  strpbrk(digits, ".e") != NULL ? "" : ".0");
}

/* Escapes quotes, and question marks because of trigraphs; bytes outside ASCII become octal,
 * so that the file is ASCII whatever the class is called. */
static void add_c_string(tnas_text *out, const char *text)
{
    tnas_text_add(out, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        const unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\' || byte == '?')
            tnas_text_add(out, "\\%c", byte);
        else if (byte < 0x20 || byte > 0x7e)
            tnas_text_add(out, "\\%03o", (unsigned)byte);
        else
            tnas_text_add(out, "%c", byte);
    }
    tnas_text_add(out, "\"");
}

/* What its outputs are, only a study knows: classes with names. */
static bool is_classifier(const tnas_export_job *job)
{
    return job->options->class_names != NULL;
}

static void add_shape(const tnas_export_job *job, tnas_text *out)
{
    const char *const upper = job->upper;
    tnas_text_add(out,
                  "/* Input: int8, height x width x channels, channels innermost. %s\n"
                  " * real = scale * (q - zero point). */\n",
                  job->options->features != NULL ? "From sound:\n * see the header of its features."
                  : job->options->affine != NULL ? "From real\n * values: see below."
                  : is_classifier(job) ? "From an image of\n * unsigned bytes: int8 = u8 - 128."
                                       : "From real numbers:\n * q = real / scale + zero point, "
                                         "rounded, from -128 to 127.");
    tnas_text_add(out, "#define %s_INPUT_H %d\n", upper, (int)job->input->h);
    tnas_text_add(out, "#define %s_INPUT_W %d\n", upper, (int)job->input->w);
    tnas_text_add(out, "#define %s_INPUT_C %d\n", upper, (int)job->input->c);
    tnas_text_add(out, "#define %s_INPUT_BYTES %zu\n", upper, job->input_bytes);
    add_float_macro(out, upper, "INPUT_SCALE", job->image->input_quant.scale);
    tnas_text_add(out, "#define %s_INPUT_ZERO_POINT (%d)\n\n", upper,
                  (int)job->image->input_quant.zero_point);
    if (is_classifier(job)) {
        tnas_text_add(out, "/* Output: int8, one score per class, not normalised. */\n");
        tnas_text_add(out, "#define %s_CLASSES %zu\n", upper, job->output_bytes);
    } else {
        tnas_text_add(out, "/* Output: int8, height x width x channels. */\n");
        tnas_text_add(out, "#define %s_OUTPUT_H %d\n", upper, (int)job->output->h);
        tnas_text_add(out, "#define %s_OUTPUT_W %d\n", upper, (int)job->output->w);
        tnas_text_add(out, "#define %s_OUTPUT_C %d\n", upper, (int)job->output->c);
    }
    tnas_text_add(out, "#define %s_OUTPUT_BYTES %zu\n", upper, job->output_bytes);
    add_float_macro(out, upper, "OUTPUT_SCALE", job->image->output_quant.scale);
    tnas_text_add(out, "#define %s_OUTPUT_ZERO_POINT (%d)\n\n", upper,
                  (int)job->image->output_quant.zero_point);
}

static void add_class_names(const tnas_export_job *job, tnas_text *out)
{
    if (!is_classifier(job))
        return;
    tnas_text_add(out,
                  "/* Initialiser of an array: static const char *const names[] = "
                  "%s_CLASS_NAMES; */\n#define %s_CLASS_NAMES \\\n    {",
                  job->upper, job->upper);
    for (size_t i = 0; i < job->output_bytes; i++) {
        tnas_text_add(out, "%s", i == 0 ? "" : i % 8 == 0 ? ", \\\n     " : ", ");
        add_c_string(out, job->options->class_names[i]);
    }
    tnas_text_add(out, "}\n\n");
}

static void add_memory(const tnas_export_job *job, tnas_text *out)
{
    const char *const upper = job->upper;
    const tnas_cost *const cost = job->options->cost;
    tnas_text_add(out,
                  "/* RAM: the arena holds every tensor, the input and the output included. */\n");
    tnas_text_add(out, "#define %s_ARENA_BYTES %zu\n", upper, job->arena_bytes);
    tnas_text_add(out, "#define %s_ARENA_ALIGN %u\n", upper, TNRT_ARENA_ALIGN);
    tnas_text_add(out, "#define %s_INPUT_OFFSET %u\n", upper, (unsigned)job->image->model.input);
    tnas_text_add(out, "#define %s_OUTPUT_OFFSET %u\n\n", upper,
                  (unsigned)job->image->model.output);

    tnas_text_add(out, "/* Flash, on a part with 32-bit pointers. */\n");
    tnas_text_add(out, "#define %s_WEIGHTS_BYTES %zu\n", upper, job->weights_bytes);
    tnas_text_add(out, "#define %s_CHANNELS_BYTES %zu\n", upper, job->channels_bytes);
    tnas_text_add(out, "#define %s_TABLE_BYTES %zu\n", upper, job->table_bytes);
    if (job->options->features != NULL)
        tnas_text_add(out, "#define %s_FEATURES_TABLE_BYTES %zu /* of %s_features.h */\n", upper,
                      job->options->features->table_bytes, job->name);
    if (cost != NULL) {
        tnas_text_add(out,
                      "/* Code: kernels, tnrt_invoke and %s_invoke, with the compiler named in\n"
                      " * README.md; estimated for others. Stack: deepest call. */\n",
                      job->name);
        tnas_text_add(out, "#define %s_CODE_BYTES %zu\n", upper, cost->footprint.code_bytes);
        if (job->options->features != NULL)
            tnas_text_add(out, "#define %s_FEATURES_CODE_BYTES %zu\n", upper,
                          cost->footprint.features_code_bytes);
        tnas_text_add(out, "#define %s_FLASH_BYTES %zu\n", upper, cost->footprint.flash_bytes);
        tnas_text_add(out, "#define %s_STACK_BYTES %zu\n", upper, cost->footprint.stack_bytes);
    }
    tnas_text_add(out, "\n/* Multiply-accumulates of one inference. */\n#define %s_MACS %lld\n\n",
                  upper, (long long)tnas_graph_macs(&job->image->graph));
}

static void add_budget_checks(const tnas_export_job *job, tnas_text *out)
{
    const char *const upper = job->upper;
    tnas_text_add(out,
                  "/* Budgets: define them on the command line, and a model that outgrows them\n"
                  " * fails to compile. */\n");
    tnas_text_add(out,
                  "#if defined(%s_ARENA_LIMIT)\n#if %s_ARENA_BYTES > %s_ARENA_LIMIT\n"
                  "#error \"%s: the arena is larger than %s_ARENA_LIMIT\"\n#endif\n#endif\n",
                  upper, upper, upper, job->name, upper);
    const char *const code = job->options->cost != NULL ? "_CODE_BYTES" : "";
    char features[3 * TNAS_EXPORT_NAME_BYTES] = "";
    if (job->options->features != NULL)
        snprintf(features, sizeof features, " + %s_FEATURES_TABLE_BYTES%s%s%s", upper,
                 *code != '\0' ? " + " : "", *code != '\0' ? upper : "",
                 *code != '\0' ? "_FEATURES_CODE_BYTES" : "");
    tnas_text_add(
        out,
        "#if defined(%s_FLASH_LIMIT)\n"
        "#if %s_WEIGHTS_BYTES + %s_CHANNELS_BYTES + %s_TABLE_BYTES%s%s%s%s > %s_FLASH_LIMIT\n"
        "#error \"%s: flash is larger than %s_FLASH_LIMIT\"\n#endif\n#endif\n\n",
        upper, upper, upper, upper, *code != '\0' ? " + " : "", *code != '\0' ? upper : "", code,
        features, upper, job->name, upper);
}

static void add_placement(const tnas_export_job *job, tnas_text *out)
{
    const char *const upper = job->upper;
    tnas_text_add(out,
                  "/* Where things go. Define the section macros as your compiler wants them, for\n"
                  " * instance -D'%s_WEIGHTS_SECTION=__attribute__((section(\".qspi\")))'. */\n",
                  upper);
    tnas_text_add(out, "#ifndef %s_WEIGHTS_SECTION\n#define %s_WEIGHTS_SECTION\n#endif\n", upper,
                  upper);
    tnas_text_add(out, "#ifndef %s_ARENA_SECTION\n#define %s_ARENA_SECTION\n#endif\n", upper,
                  upper);
    tnas_text_add(out,
                  "#ifndef %s_ALIGNED\n"
                  "#if defined(__GNUC__)\n"
                  "#define %s_ALIGNED(bytes) __attribute__((aligned(bytes)))\n"
                  "#elif defined(__cplusplus)\n"
                  "#define %s_ALIGNED(bytes) alignas(bytes)\n"
                  "#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n"
                  "#define %s_ALIGNED(bytes) _Alignas(bytes)\n"
                  "#else\n"
                  "#error \"define %s_ALIGNED(bytes), your compiler's alignment attribute\"\n"
                  "#endif\n#endif\n\n",
                  upper, upper, upper, upper, upper);
}

static void add_functions(const tnas_export_job *job, tnas_text *out)
{
    const char *const name = job->name, *const upper = job->upper;
    tnas_text_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    tnas_text_add(
        out,
        "/* One inference. `arena`: %s_ARENA_BYTES aligned to %s_ARENA_ALIGN, the caller's;\n"
        " * its content need not survive between calls. `in`: %s_INPUT_BYTES, copied into\n"
        " * the arena unless it is %s_input(arena) or NULL (already there). `out`:\n"
        " * %s_OUTPUT_BYTES, or NULL: read %s_output(arena). Returns the %s, the\n"
        " * lowest among equals. The input does not survive the call. */\n",
        upper, upper, upper, name, upper, name,
        is_classifier(job) ? "winning class" : "index of the largest output");
    tnas_text_add(out, "int %s_invoke(void *arena, const int8_t *in, int8_t *out);\n\n", name);
    tnas_text_add(out,
                  "static inline int8_t *%s_input(void *arena)\n{\n"
                  "    return (int8_t *)arena + %s_INPUT_OFFSET;\n}\n\n",
                  name, upper);
    tnas_text_add(out,
                  "static inline const int8_t *%s_output(const void *arena)\n{\n"
                  "    return (const int8_t *)arena + %s_OUTPUT_OFFSET;\n}\n\n",
                  name, upper);
    tnas_text_add(out, "#ifdef __cplusplus\n}\n#endif\n");
}

void tnas_generate_header(const tnas_export_job *job, tnas_text *out)
{
    tnas_text_add(out, "/* SPDX-License-Identifier: 0BSD */\n");
    tnas_text_add(out,
                  "/* %s: an int8 %s of %dx%dx%d inputs, %zu %s. Generated by tinynas.\n"
                  " * No heap, no state; the caller owns the arena. */\n",
                  job->name, is_classifier(job) ? "classifier" : "network", (int)job->input->h,
                  (int)job->input->w, (int)job->input->c, job->output_bytes,
                  is_classifier(job) ? "classes" : "outputs");
    tnas_text_add(out, "#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n",
                  job->upper, job->upper);
    add_shape(job, out);
    tnas_generate_channels(job, out);
    add_class_names(job, out);
    add_memory(job, out);
    add_budget_checks(job, out);
    add_placement(job, out);
    add_functions(job, out);
    tnas_text_add(out, "\n#endif\n");
}

static void add_array_declaration(tnas_text *out, const char *type, const char *name,
                                  const char *array, size_t count)
{
    if (count > 0)
        tnas_text_add(out, "extern const %s %s_%s[%zu];\n", type, name, array, count);
}

void tnas_generate_data_header(const tnas_export_job *job, tnas_text *out)
{
    const tnas_image *const image = job->image;
    const char *const name = job->name;
    tnas_text_add(out, "/* SPDX-License-Identifier: 0BSD */\n");
    tnas_text_add(out, "/* The constants of %s, shared by its own files. */\n", name);
    tnas_text_add(out, "#ifndef %s_DATA_H\n#define %s_DATA_H\n\n#include \"runtime/tnrt.h\"\n\n",
                  job->upper, job->upper);
    tnas_text_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    add_array_declaration(out, "int8_t", name, "weights", image->weight_bytes);
    add_array_declaration(out, "int32_t", name, "params", image->param_count);
    tnas_text_add(out, "extern const tnrt_model %s_model;\n", name);
    tnas_text_add(out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
