/* Fits the latency models that MCU profiles ship, in place, and says what they reach. Models whose
 * rows are not shipped are fitted again only where $SHARED has them, and stay otherwise.
 *
 *   fit_profiles FOLDER        (configs/mcus) */
#include <math.h>
#include <stdio.h>

#include "common/io.h"
#include "tools/recipes/refit.h"

/* A profile's kin comes before it. */
static const char *const profiles[] = {
    "stm32h743",  "stm32f746",  "stm32h747",     "stm32f767", "stm32f769",
    "stm32f446",  "stm32h7a3",  "stm32l4r5",     "stm32u585", "cortex-m4",
    "cortex-m33", "cortex-m55", "cortex-m0plus", "rv32imc",   "gap8",
};

static void print_model(const tnas_mcu *mcu, const tnas_latency_model *model)
{
    printf("%-14s %-26s %-20s %3d rows", mcu->name, model->runtime, model->version,
           model->row_count);
    if (!isnan(model->error_net_out))
        printf(", net out %.1f %%, worst %.1f %%", 100 * model->error_net_out,
               100 * model->worst_net_out);
    if (!isnan(model->error_family_out))
        printf(", family out %.1f %%", 100 * model->error_family_out);
    printf(", kappa %.2f %.2f\n", model->kappa, model->kappa_new);
}

static tnas_status refit(const char *path)
{
    tnas_mcu *mcu;
    int skipped;
    TNAS_TRY(tnas_mcu_load(path, &mcu));
    tnas_status status = tnas_profile_refit(mcu, &skipped);
    if (status == TNAS_OK)
        status = tnas_mcu_save(mcu, path);
    for (int i = 0; status == TNAS_OK && i < mcu->model_count; i++)
        print_model(mcu, &mcu->models[i]);
    if (status == TNAS_OK && skipped > 0)
        printf("SKIP %s: %d models stay as they are, their rows are in $SHARED/boards\n", mcu->name,
               skipped);
    tnas_mcu_destroy(mcu);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fit_profiles FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        char file[64], path[TNAS_PATH_BYTES];
        snprintf(file, sizeof file, "%s.json", profiles[i]);
        tnas_status status = tnas_path_join(path, argv[1], file);
        if (status == TNAS_OK)
            status = refit(path);
        if (status != TNAS_OK) {
            fprintf(stderr, "fit_profiles: %s\n", tnas_error_text());
            return tnas_status_exit_code(status);
        }
    }
    return 0;
}
