#include "cli/search_request.h"

#include <stdio.h>

#include "cli/limits.h"

/* Options that set a count of study/work.h. */
static const struct {
    tnas_option option;
    const char *key;
} counts[] = {
    {TNAS_OPTION_supernet_steps, "supernet.steps"},
    {TNAS_OPTION_supernet_recipe, "supernet.recipe"},
    {TNAS_OPTION_finetune_steps, "finetune.steps"},
    {TNAS_OPTION_finalists, "finish.finalists"},
    {TNAS_OPTION_population, "search.population"},
    {TNAS_OPTION_generations, "search.generations"},
    {TNAS_OPTION_strategy, "search.strategy"},
    {TNAS_OPTION_metric, "search.metric"},
    {TNAS_OPTION_min_accuracy, "search.min_accuracy"},
};

static tnas_status set_counts(const tnas_arguments *arguments, tnas_overrides *overrides)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (arguments->given[counts[i].option])
            TNAS_TRY(
                tnas_overrides_put(overrides, counts[i].key, arguments->text[counts[i].option]));
    return TNAS_OK;
}

/* The option when it was given; else the file's; else the option's default. */
static const char *text_of(const tnas_arguments *arguments, tnas_option option, const char *file)
{
    return arguments->given[option] || file[0] == '\0' ? arguments->text[option] : file;
}

tnas_status tnas_search_request_read(const tnas_arguments *arguments, tnas_run_config *config,
                                     tnas_search_request *out)
{
    tnas_run_config_init(config);
    const char *const file = arguments->text[TNAS_OPTION_config];
    if (file != NULL)
        TNAS_TRY(tnas_run_config_load(file, config));
    const char *const mcu = text_of(arguments, TNAS_OPTION_mcu, config->mcu);
    if (mcu == NULL)
        TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(set_counts(arguments, &config->overrides));
    TNAS_TRY(tnas_arguments_data(arguments, &config->data_options));
    TNAS_TRY(tnas_arguments_limits_over(arguments, &config->limits));
    const char *const data = text_of(arguments, TNAS_OPTION_data, config->data);
    const char *const runtime = text_of(arguments, TNAS_OPTION_runtime, config->runtime);
    const bool seed_of_file = config->has_seed && !arguments->given[TNAS_OPTION_seed];
    *out = (tnas_search_request){
        .data = data != NULL ? data : "builtin:shapes",
        .data_options = config->data_options,
        .space = text_of(arguments, TNAS_OPTION_space, config->space),
        .mcu = mcu,
        .runtime = runtime != NULL ? runtime : "tinynas",
        .preset = text_of(arguments, TNAS_OPTION_preset, config->preset),
        .folder = arguments->text[TNAS_OPTION_study],
        .overrides = &config->overrides,
        .choice = config->choice,
        .limits = config->limits,
        .seed = seed_of_file ? config->seed : (uint64_t)arguments->number[TNAS_OPTION_seed],
        .threads = tnas_arguments_threads(arguments),
        .budget_minutes = arguments->given[TNAS_OPTION_budget_minutes]
                              ? arguments->number[TNAS_OPTION_budget_minutes]
                              : config->budget_minutes,
        .dry_run = arguments->given[TNAS_OPTION_dry_run],
    };
    return TNAS_OK;
}
