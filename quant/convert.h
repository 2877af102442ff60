/* Float to int8 by TensorFlow Lite's scheme, after training.
 *
 * Weights: symmetric per output channel, scale = max|w| / 127. Activations: asymmetric per
 * tensor from measured ranges, widened to contain 0. The input is fixed: scale 1/128, zero
 * point 0 (u8 pixel - 128). Average and max pooling keep their input's scale. */
#ifndef TNAS_QUANT_CONVERT_H
#define TNAS_QUANT_CONVERT_H

#include "graph/model.h"

typedef struct tnas_range {
    float min, max; /* of a tensor's real values over the calibration images */
} tnas_range;

#define TNAS_INPUT_SCALE      (1.0f / 128.0f)
#define TNAS_INPUT_ZERO_POINT 0

/* `model` is float and folded; ranges is [tensor_count], of which the input's and those of
 * poolings' outputs are not used. Fails on ranges or constants that are not finite, and on
 * operators whose sums could leave 32 bits. */
tnas_status tnas_model_quantize(const tnas_model *model, const tnas_range *ranges,
                                tnas_model **out);

/* What the weights and biases of an int8 model are worth, into a float model of the same graph that
 * has constants without batch norm. */
void tnas_model_dequantize(const tnas_model *model, tnas_model *out);

/* The scale and zero point of a range, widened to contain 0 and to steps of scale_min. */
tnas_quant tnas_quant_of_range(tnas_range range, float scale_min);

/* real = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31): TensorFlow Lite's
 * QuantizeMultiplier. real > 0. Below 2^-32 both are 0, from 2^30 on they saturate. */
void tnas_quantize_multiplier(double real, int32_t *multiplier, int8_t *shift);

#endif
