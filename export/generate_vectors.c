/* NAME_vectors.h: inputs and the outputs that every build of the model must give for them. */
#include "export/generate_internal.h"

#include "runtime/tnrt_crc32.h"

static void add_table(const tnas_export_job *job, const char *what, const char *bytes_macro,
                      const int8_t *values, size_t row_bytes, tnas_text *out)
{
    tnas_text_add(
        out,
        "\n%s_VECTORS_SECTION\nstatic const int8_t %s_vector_%s[%s_VECTOR_COUNT][%s_%s] = "
        "{\n",
        job->upper, job->name, what, job->upper, job->upper, bytes_macro);
    for (int v = 0; v < job->vector_count; v++) {
        tnas_text_add(out, "    {");
        for (size_t i = 0; i < row_bytes; i++)
            tnas_text_add(out, "%s%d",
                          i == 0        ? ""
                          : i % 20 == 0 ? ",\n     "
                                        : ", ",
                          values[(size_t)v * row_bytes + i]);
        tnas_text_add(out, "},\n");
    }
    tnas_text_add(out, "};\n");
}

void tnas_generate_vectors(const tnas_export_job *job, tnas_text *out)
{
    const size_t output_bytes = (size_t)job->vector_count * job->output_bytes;
    const char *const upper = job->upper;
    tnas_text_add(out, "/* SPDX-License-Identifier: 0BSD */\n");
    tnas_text_add(
        out,
        "/* Test vectors of %s: inputs (u8 - 128 already taken), the outputs of the host's\n"
        " * kernels, and the CRC-32 (tnrt_crc32.h) of all outputs in order. Every build of\n"
        " * the model gives these bytes; one that does not is wrong. Include it in one file. */\n",
        job->name);
    tnas_text_add(out, "#ifndef %s_VECTORS_H\n#define %s_VECTORS_H\n\n#include \"%s.h\"\n\n", upper,
                  upper, job->name);
    tnas_text_add(out, "#ifndef %s_VECTORS_SECTION\n#define %s_VECTORS_SECTION\n#endif\n\n", upper,
                  upper);
    tnas_text_add(out, "#define %s_VECTOR_COUNT %d\n", upper, job->vector_count);
    tnas_text_add(out, "#define %s_VECTOR_CRC 0x%08lxu\n", upper,
                  (unsigned long)tnrt_crc32(0, job->vector_outputs, output_bytes));
    add_table(job, "inputs", "INPUT_BYTES", job->vector_inputs, job->input_bytes, out);
    add_table(job, "outputs", "OUTPUT_BYTES", job->vector_outputs, job->output_bytes, out);
    tnas_generate_channel_vector(job, out);
    tnas_text_add(out, "\n#endif\n");
}
