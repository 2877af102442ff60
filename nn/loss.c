#include "nn/loss.h"

#include <math.h>
#include <stddef.h>

/* log of the sum of exp(z), safe for large z. */
static double log_sum_exp(const float *logits, int32_t classes)
{
    const double largest = logits[tnas_winner(logits, classes)];
    double sum = 0.0;
    for (int32_t k = 0; k < classes; k++)
        sum += exp(logits[k] - largest);
    return largest + log(sum);
}

/* What the labels say of class k. */
static double label_share(const tnas_target *target, int32_t k)
{
    const double second = target->second_share;
    return (1.0 - second) * (k == target->label) + second * (k == target->second);
}

double tnas_loss_image(const float *logits, int32_t classes, const tnas_target *target,
                       double weight, float *dlogits)
{
    const double own = log_sum_exp(logits, classes);
    const double teacher = target->teacher != NULL ? log_sum_exp(target->teacher, classes) : 0.0;
    const double smoothing = target->smoothing;
    double loss = 0.0;
    for (int32_t k = 0; k < classes; k++) {
        const double hard =
            target->teacher != NULL ? exp(target->teacher[k] - teacher) : label_share(target, k);
        const double wanted = (1.0 - smoothing) * hard + smoothing / classes;
        const double log_probability = logits[k] - own;
        if (wanted > 0.0) /* 0 * infinity is 0 here */
            loss -= wanted * log_probability;
        dlogits[k] = (float)(weight * (exp(log_probability) - wanted));
    }
    return loss;
}

int32_t tnas_winner(const float *logits, int32_t classes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        if (logits[k] > logits[best])
            best = k;
    return best;
}
