/* Softmax cross entropy of one image against a target: its label (two, if it is blended of two
 * images) or a teacher's softmax, either of them mixed with the uniform distribution by label
 * smoothing. */
#ifndef TNAS_NN_LOSS_H
#define TNAS_NN_LOSS_H

#include <stdint.h>

typedef struct tnas_target {
    int32_t label, second; /* second: of a blended image */
    float second_share;    /* of the hard target; 0: the image is not blended */
    const float *teacher;  /* logits [classes], a constant; NULL: the label is the target */
    float smoothing;       /* 0..1, share of the uniform distribution */
} tnas_target;

/* Returns the loss; dlogits [classes] = weight * its gradient. */
double tnas_loss_image(const float *logits, int32_t classes, const tnas_target *target,
                       double weight, float *dlogits);

/* The largest value's index, the lowest among equals. */
int32_t tnas_winner(const float *logits, int32_t classes);

#endif
