/* The .tflite importer, and our runtime's table of what it accepts. */
#include "fuzz/memory_file.h"
#include "graph/tflite.h"
#include "quant/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    tnas_model *model;
    tnas_tflite_notes notes;
    expect_verdict(tnas_tflite_parse(bytes, byte_count, "input", &model, &notes), "input");
    if (model == NULL)
        return 0;
    tnas_image *image;
    if (tnas_graph_check(&model->graph) != TNAS_OK)
        abort();
    if (tnas_image_build(model, &tnas_target_tinynas_c, &image) == TNAS_OK)
        tnas_image_destroy(image);
    tnas_model_destroy(model);
    return 0;
}
