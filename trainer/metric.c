#include "trainer/metric.h"

#include "common/alloc.h"
#include "nn/loss.h"

static double f1(double both, double labels, double answers)
{
    return 2 * both / (labels + answers);
}

double tnas_macro_f1(const int *confusion, int classes)
{
    double sum = 0;
    int seen = 0;
    for (int c = 0; c < classes; c++) {
        double labels = 0, answers = 0;
        for (int other = 0; other < classes; other++) {
            labels += confusion[c * classes + other];
            answers += confusion[other * classes + c];
        }
        if (labels + answers == 0)
            continue;
        sum += f1(confusion[c * classes + c], labels, answers);
        seen++;
    }
    return seen > 0 ? sum / seen : 0;
}

static int class_end(const int16_t *classes, int count, int end)
{
    for (int i = 0; i < count; i++)
        end = classes[i] >= end ? classes[i] + 1 : end;
    return end;
}

/* Class by class over all images: no memory of its own. */
static double macro_f1_of(const int16_t *labels, const int16_t *answers, int count)
{
    const int classes = class_end(answers, count, class_end(labels, count, 0));
    double sum = 0;
    int seen = 0;
    for (int c = 0; c < classes; c++) {
        int both = 0, with_label = 0, with_answer = 0;
        for (int i = 0; i < count; i++) {
            with_label += labels[i] == c;
            with_answer += answers[i] == c;
            both += labels[i] == c && answers[i] == c;
        }
        if (with_label + with_answer == 0)
            continue;
        sum += f1(both, with_label, with_answer);
        seen++;
    }
    return seen > 0 ? sum / seen : 0;
}

double tnas_metric_score(tnas_metric metric, const int16_t *labels, const int16_t *answers,
                         int count)
{
    if (metric == TNAS_METRIC_MACRO_F1)
        return macro_f1_of(labels, answers, count);
    int right = 0;
    for (int i = 0; i < count; i++)
        right += labels[i] == answers[i];
    return count > 0 ? (double)right / count : 0;
}

static tnas_status classify(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                            const tnas_bn_stats *stats, const tnas_images *images, int count,
                            int16_t *answers)
{
    const int32_t classes = net->graph.tensors[tnas_graph_output(&net->graph)].c;
    float *const logits = tnas_alloc_zero((size_t)count * (size_t)classes, sizeof *logits);
    if (logits == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "answers to %d images", count);
    const tnas_status status =
        tnas_engine_predict(engine, store, net, stats, images->pixels, count, logits);
    for (int i = 0; status == TNAS_OK && i < count; i++)
        answers[i] = (int16_t)tnas_winner(logits + (size_t)i * (size_t)classes, classes);
    tnas_free(logits);
    return status;
}

tnas_status tnas_metric_judge(tnas_metric metric, tnas_engine *engine, const tnas_store *store,
                              const tnas_net *net, const tnas_bn_stats *stats,
                              const tnas_images *images, int count, double *score)
{
    *score = 0;
    if (count == 0)
        return TNAS_OK;
    int16_t *const answers = tnas_alloc_zero((size_t)count, sizeof *answers);
    if (answers == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "answers to %d images", count);
    const tnas_status status = classify(engine, store, net, stats, images, count, answers);
    if (status == TNAS_OK)
        *score = tnas_metric_score(metric, images->labels, answers, count);
    tnas_free(answers);
    return status;
}
