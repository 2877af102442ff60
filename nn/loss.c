#include "nn/loss.h"

#include <math.h>
#include <stddef.h>

/* log of the sum of exp(z / temperature), safe for large z. */
static double log_sum_exp(const float *logits, int32_t classes, double temperature)
{
    const double largest = logits[tnas_winner(logits, classes)];
    double sum = 0.0;
    for (int32_t k = 0; k < classes; k++)
        sum += exp((logits[k] - largest) / temperature);
    return largest / temperature + log(sum);
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
    const float *const teacher = target->teacher;
    const double t = target->temperature > 0 ? target->temperature : 1.0;
    const double hard_share = teacher != NULL ? target->label_share : 1.0;
    const double own = log_sum_exp(logits, classes, 1.0);
    const double own_soft = teacher != NULL ? log_sum_exp(logits, classes, t) : 0.0;
    const double teacher_soft = teacher != NULL ? log_sum_exp(teacher, classes, t) : 0.0;
    const double smoothing = target->smoothing;
    double hard_loss = 0.0, soft_loss = 0.0;
    for (int32_t k = 0; k < classes; k++) {
        const double wanted = (1.0 - smoothing) * label_share(target, k) + smoothing / classes;
        const double log_probability = logits[k] - own;
        if (wanted > 0.0) /* 0 * infinity is 0 here */
            hard_loss -= wanted * log_probability;
        double gradient = hard_share * (exp(log_probability) - wanted);
        if (teacher != NULL) {
            const double taught = exp(teacher[k] / t - teacher_soft);
            const double log_soft = logits[k] / t - own_soft;
            if (taught > 0.0)
                soft_loss -= taught * log_soft;
            gradient += (1.0 - hard_share) * t * (exp(log_soft) - taught);
        }
        dlogits[k] = (float)(weight * gradient);
    }
    return teacher != NULL ? hard_share * hard_loss + (1.0 - hard_share) * t * t * soft_loss
                           : hard_loss;
}

int32_t tnas_winner(const float *logits, int32_t classes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        if (logits[k] > logits[best])
            best = k;
    return best;
}
