/* Inputs that are real values, channel by channel: sensors, arrays. */
#include "export/generate_internal.h"

#include <stdio.h>
#include <string.h>

static int channel_of(const tnas_export_job *job, size_t index)
{
    return job->options->affine->channel_count > 1 ? (int)(index % (size_t)job->input->c) : 0;
}

/* A float literal: it needs a point or an exponent. */
static void add_float(double value, tnas_text *out)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.9g", (double)(float)value);
    tnas_text_add(out, "%s%sf", digits, strpbrk(digits, ".e") != NULL ? "" : ".0");
}

static void add_list(const tnas_export_job *job, const char *macro, bool inverse,
                     const double *values, tnas_text *out)
{
    tnas_text_add(out, "#define %s_%s \\\n    {", job->upper, macro);
    for (int k = 0; k < job->input->c; k++) {
        const double value = values[channel_of(job, (size_t)k)];
        tnas_text_add(out, k == 0 ? "" : k % 6 == 0 ? ", \\\n     " : ", ");
        add_float(inverse ? 1 / value : value, out);
    }
    tnas_text_add(out, "}\n");
}

void tnas_generate_channels(const tnas_export_job *job, tnas_text *out)
{
    const tnas_affine *const affine = job->options->affine;
    const char *const name = job->name, *const upper = job->upper;
    if (affine == NULL || job->options->features != NULL)
        return;
    tnas_text_add(
        out,
        "/* The input's channels are real values%s%s: value = scale * (int8 + 128 - zero).\n"
        " * %s_quantize is the way back, channel 0 to %d; what lies outside is clipped. */\n",
        affine->unit[0] != '\0' ? " in " : "", affine->unit, name, (int)job->input->c - 1);
    add_list(job, "CHANNEL_SCALE", false, affine->scale, out);
    add_list(job, "CHANNEL_INVERSE", true, affine->scale, out);
    add_list(job, "CHANNEL_ZERO", false, affine->zero, out);
    tnas_text_add(
        out,
        "static inline int8_t %s_quantize(int channel, float value)\n{\n"
        "    static const float inverse[] = %s_CHANNEL_INVERSE;\n"
        "    static const float zero[] = %s_CHANNEL_ZERO;\n"
        "    const float q = value * inverse[channel] + zero[channel] + 0.5f;\n"
        "    return (int8_t)(!(q > 0.0f) ? -128 : q >= 255.0f ? 127 : (int)q - 128);\n}\n\n",
        name, upper, upper);
}

/* The real values behind the first vector: each in the middle of its step. */
void tnas_generate_channel_vector(const tnas_export_job *job, tnas_text *out)
{
    const tnas_affine *const affine = job->options->affine;
    if (affine == NULL || job->options->features != NULL)
        return;
    tnas_text_add(out,
                  "\n/* Real values that %s_quantize turns into the first of them. */\n"
                  "%s_VECTORS_SECTION\nstatic const float %s_vector_values[%s_INPUT_BYTES] = {",
                  job->name, job->upper, job->name, job->upper);
    for (size_t i = 0; i < job->input_bytes; i++) {
        tnas_text_add(out, i % 8 == 0 ? "\n    " : " ");
        add_float(tnas_affine_to_value(affine, channel_of(job, i),
                                       (uint8_t)(job->vector_inputs[i] + 128)),
                  out);
        tnas_text_add(out, ",");
    }
    tnas_text_add(out, "\n};\n");
}

/* How an application fills the input, for the README. */
void tnas_generate_input_guide(const tnas_export_job *job, tnas_text *out)
{
    const char *const name = job->name, *const upper = job->upper;
    if (job->options->features != NULL) {
        tnas_text_add(out,
                      "/* with #include \"%s_features.h\";\n"
                      "   int16_t samples[%s_CLIP_SAMPLES], mono, %s_SAMPLE_RATE_HZ a second */\n"
                      "%s_features(arena, samples); /* to %s_input(arena) */\n",
                      name, upper, upper, name, name);
        return;
    }
    tnas_text_add(out,
                  "int8_t *input = %s_input(arena);\nfor (int i = 0; i < %s_INPUT_BYTES; i++)\n",
                  name, upper);
    if (job->options->affine != NULL)
        tnas_text_add(out,
                      "    input[i] = %s_quantize(i %% %s_INPUT_C, values[i]); /* rows x channels, "
                      "real values */\n",
                      name, upper);
    else
        tnas_text_add(out, "    input[i] = (int8_t)(pixels[i] - 128);       /* height x width x "
                           "channels, unsigned bytes */\n");
}
