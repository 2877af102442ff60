/* Quantisation-aware training: the twin (trainer/twin.h) learns while it computes what the int8
 * model computes. Jacob et al., "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference", CVPR 2018.
 *
 * Every step the float weights go through the converter; the gradient with respect to what the int8
 * weights are worth moves the float weights (straight through, the converter cuts none off), and
 * that of a tensor passes where the tensor was within its grid. Ranges follow what is seen. */
#ifndef TNAS_TRAINER_QAT_H
#define TNAS_TRAINER_QAT_H

#include "trainer/trainer.h"
#include "trainer/twin.h"

/* Trains the twin's store; `options` as for tnas_train_net. range_decay is that of the moving
 * average of the ranges, a step. */
tnas_status tnas_qat_train(tnas_twin *twin, tnas_engine *engine, const tnas_recipe *recipe,
                           double range_decay, const tnas_images *images,
                           const tnas_train_options *options);

#endif
