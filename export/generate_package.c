/* The CMSIS-Pack description: what the other manifests say by a folder, it says file by file.
 *
 * The runtime is a component of its own with the same name in every export, so that a project with
 * two of them takes it once: a variant's component holds the plain C kernels as well. Texts are a
 * name of letters, digits and underscores, and figures: nothing in them needs escaping.
 * Format: CMSIS-Pack, "Pack Description (*.pdsc) Format", schema version 1.6. */
#include "export/generate_internal.h"

#include <stdio.h>
#include <string.h>

#include "export/embedded.h"

void tnas_export_summary(const tnas_export_job *job, char out[TNAS_EXPORT_SUMMARY_BYTES])
{
    snprintf(out, TNAS_EXPORT_SUMMARY_BYTES, "int8 classifier of %dx%dx%d inputs, %zu classes",
             (int)job->input->h, (int)job->input->w, (int)job->input->c, job->output_bytes);
}

static void add_file(const char *category, const char *path, tnas_text *out)
{
    tnas_text_add(out, "        <file category=\"%s\" name=\"src/%s\"/>\n", category, path);
}

static void add_head(const tnas_export_job *job, const char *summary, tnas_text *out)
{
    tnas_text_add(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!-- SPDX-License-Identifier: 0BSD -->\n"
        "<package schemaVersion=\"1.6\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xs:noNamespaceSchemaLocation=\"PACK.xsd\">\n"
        "  <vendor>tinynas</vendor>\n"
        "  <name>%s</name>\n"
        "  <description>%s</description>\n"
        "  <url></url>\n"
        "  <releases>\n"
        "    <release version=\"1.0.0\">As exported.</release>\n"
        "  </releases>\n",
        job->name, summary);
}

static void add_conditions(const char *variant, tnas_text *out)
{
    tnas_text_add(out,
                  "  <conditions>\n"
                  "    <condition id=\"runtime\">\n"
                  "      <description>The kernels of this or another export</description>\n"
                  "      <require Cclass=\"Machine Learning\" Cgroup=\"tinynas\" Csub=\"Runtime\" "
                  "Cvariant=\"%s\"/>\n"
                  "    </condition>\n"
                  "  </conditions>\n",
                  variant);
}

static void add_model(const tnas_export_job *job, const char *summary, tnas_text *out)
{
    static const char *const files[][2] = {{"header", ".h"},
                                           {"source", ".c"},
                                           {"source", "_weights.c"},
                                           {"source", "_invoke.c"},
                                           {"header", "_features.h"},
                                           {"source", "_features.c"},
                                           {"source", "_features_tables.c"}};
    enum { FILE_COUNT = sizeof files / sizeof files[0], OF_FEATURES = 3 };
    const int count = FILE_COUNT - (job->options->features != NULL ? 0 : OF_FEATURES);
    tnas_text_add(out,
                  "    <component Cclass=\"Machine Learning\" Cgroup=\"tinynas\" Csub=\"%s\" "
                  "Cversion=\"1.0.0\" condition=\"runtime\">\n"
                  "      <description>%s</description>\n"
                  "      <files>\n",
                  job->name, summary);
    add_file("include", "", out);
    for (int f = 0; f < count; f++) {
        char path[TNAS_EXPORT_NAME_BYTES + 32];
        snprintf(path, sizeof path, "%s%s", job->name, files[f][1]);
        add_file(files[f][0], path, out);
    }
    tnas_text_add(out, "      </files>\n    </component>\n");
}

static void add_runtime(const tnas_export_job *job, const char *variant, tnas_text *out)
{
    tnas_text_add(out,
                  "    <component Cclass=\"Machine Learning\" Cgroup=\"tinynas\" Csub=\"Runtime\" "
                  "Cvariant=\"%s\" Cversion=\"1.0.0\">\n"
                  "      <description>Kernels for networks exported by tinynas</description>\n"
                  "      <files>\n",
                  variant);
    for (int i = 0; i < tnas_embedded_file_count; i++) {
        const char *const path = tnas_export_runtime_file(i, job->image->variant);
        if (path != NULL)
            add_file(path[strlen(path) - 1] == 'h' ? "header" : "source", path, out);
    }
    tnas_text_add(out, "      </files>\n    </component>\n");
}

void tnas_generate_pdsc(const tnas_export_job *job, tnas_text *out)
{
    const char *const folder = job->image->variant->folder;
    const char *const variant = folder != NULL ? folder : "plain";
    char summary[TNAS_EXPORT_SUMMARY_BYTES];
    tnas_export_summary(job, summary);
    add_head(job, summary, out);
    add_conditions(variant, out);
    tnas_text_add(out, "  <components>\n");
    add_model(job, summary, out);
    add_runtime(job, variant, out);
    tnas_text_add(out, "  </components>\n</package>\n");
}
