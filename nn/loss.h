/* Softmax cross entropy of one image against a target: its label (two, if it is blended of two
 * images), smoothed by a share of the uniform distribution, and, where there is a teacher, what the
 * teacher says of it:
 *
 *   loss = label_share * H(labels, softmax(z)) + (1 - label_share) * T^2 * H(softmax(t / T),
 * softmax(z / T))
 *
 * with the cross entropy H, the logits z, the teacher's t and the temperature T (Hinton et al.,
 * "Distilling the Knowledge in a Neural Network", 2015; T^2 keeps the gradient's size). */
#ifndef TNAS_NN_LOSS_H
#define TNAS_NN_LOSS_H

#include <stdint.h>

typedef struct tnas_target {
    int32_t label, second; /* second: of a blended image */
    float second_share;    /* of the hard target; 0: the image is not blended */
    float smoothing;       /* 0..1, share of the uniform distribution in the labels' part */
    const float *teacher; /* logits [classes], a constant; NULL: the labels are all of the target */
    float label_share;    /* 0..1, of the labels beside a teacher */
    float temperature;    /* of the teacher's part, > 0; 0 means 1 */
} tnas_target;

/* Returns the loss; dlogits [classes] = weight * its gradient. */
double tnas_loss_image(const float *logits, int32_t classes, const tnas_target *target,
                       double weight, float *dlogits);

/* The largest value's index, the lowest among equals. */
int32_t tnas_winner(const float *logits, int32_t classes);

#endif
