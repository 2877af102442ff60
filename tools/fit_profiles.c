/* Fits the latency models that MCU profiles ship, in place, and says what they reach.
 *
 *   fit_profiles PROFILE.json... */
#include <math.h>
#include <stdio.h>

#include "estimators/shipped.h"

static void print_model(const tnas_mcu *mcu, const tnas_latency_model *model)
{
    printf("%-10s %-14s %-15s %2d rows", mcu->name, model->runtime, model->version,
           model->row_count);
    if (!isnan(model->error_net_out))
        printf(", net out %.1f %%, worst %.1f %%", 100 * model->error_net_out,
               100 * model->worst_net_out);
    printf(", kappa %.2f\n", model->kappa);
}

static tnas_status refit(const char *path)
{
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(path, &mcu));
    tnas_status status = tnas_shipped_fit(mcu);
    if (status == TNAS_OK)
        status = tnas_mcu_save(mcu, path);
    for (int i = 0; status == TNAS_OK && i < mcu->model_count; i++)
        print_model(mcu, &mcu->models[i]);
    tnas_mcu_destroy(mcu);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: fit_profiles PROFILE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        const tnas_status status = refit(argv[i]);
        if (status != TNAS_OK) {
            fprintf(stderr, "fit_profiles: %s\n", tnas_error_text());
            return tnas_status_exit_code(status);
        }
    }
    return 0;
}
