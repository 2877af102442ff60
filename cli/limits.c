#include "cli/limits.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/pool.h"

static size_t kib_option(const tnas_arguments *arguments, tnas_option option, size_t fallback)
{
    return arguments->given[option] ? (size_t)(arguments->number[option] * 1024.0) : fallback;
}

tnas_status tnas_arguments_limits_over(const tnas_arguments *arguments, tnas_limits *limits)
{
    const char *const at = arguments->text[TNAS_OPTION_latency_at];
    const bool at_mean = strcmp(at, "mean") == 0;
    if (!at_mean && strcmp(at, "upper") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "--latency-at %s: must be upper or mean", at);
    limits->flash_bytes = kib_option(arguments, TNAS_OPTION_max_flash, limits->flash_bytes);
    limits->sram_bytes = kib_option(arguments, TNAS_OPTION_max_sram, limits->sram_bytes);
    if (arguments->given[TNAS_OPTION_max_latency])
        limits->latency_ms = arguments->number[TNAS_OPTION_max_latency];
    limits->reserve_flash_bytes =
        kib_option(arguments, TNAS_OPTION_reserve_flash, limits->reserve_flash_bytes);
    limits->reserve_sram_bytes =
        kib_option(arguments, TNAS_OPTION_reserve_sram, limits->reserve_sram_bytes);
    if (arguments->given[TNAS_OPTION_latency_at])
        limits->latency_at_mean = at_mean;
    return TNAS_OK;
}

tnas_status tnas_arguments_limits(const tnas_arguments *arguments, tnas_limits *out)
{
    *out = (tnas_limits){.flash_bytes = SIZE_MAX, .sram_bytes = SIZE_MAX, .latency_ms = INFINITY};
    return tnas_arguments_limits_over(arguments, out);
}

tnas_status tnas_arguments_operand(const tnas_arguments *arguments, const char *what,
                                   const char **out)
{
    *out = NULL;
    if (arguments->operand_count != 1)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas %s needs one %s",
                         tnas_command_name(arguments->command), what);
    *out = arguments->operands[0];
    return TNAS_OK;
}

tnas_status tnas_arguments_require(const tnas_arguments *arguments, tnas_option option,
                                   const char *flag)
{
    if (!arguments->given[option])
        return tnas_fail(TNAS_ERR_USAGE, "tinynas %s needs --%s; see tinynas %s --help",
                         tnas_command_name(arguments->command), flag,
                         tnas_command_name(arguments->command));
    return TNAS_OK;
}

tnas_status tnas_arguments_study(const tnas_arguments *arguments, const char *folder,
                                 const char *mcu, tnas_study **out)
{
    const int target =
        arguments->given[TNAS_OPTION_target] ? (int)arguments->number[TNAS_OPTION_target] : 0;
    return tnas_study_load(folder, target, mcu, out);
}

tnas_status tnas_arguments_latency_model(const tnas_arguments *arguments, const tnas_mcu *mcu,
                                         const char *runtime, const tnas_latency_model **out)
{
    const char *const version = arguments->text[TNAS_OPTION_runtime_version];
    *out = tnas_mcu_latency_model(mcu, runtime);
    if (version == NULL || *out == NULL)
        return TNAS_OK;
    for (int i = 0; i < mcu->model_count; i++)
        if (strcmp(mcu->models[i].runtime, runtime) == 0 &&
            strcasecmp(mcu->models[i].version, version) == 0) {
            *out = &mcu->models[i];
            return TNAS_OK;
        }
    return tnas_fail(TNAS_ERR_USAGE,
                     "--runtime-version %s: the profile of %s has no such model of %s; see tinynas "
                     "mcu show %s",
                     version, mcu->name, runtime, mcu->name);
}

tnas_status tnas_arguments_data(const tnas_arguments *arguments, tnas_data_options *options)
{
    static const tnas_option lines[TNAS_DATA_FIELD_COUNT] = {
#define LINE_OF(field, flag, kind, value, min, max, commands, fallback, help) TNAS_OPTION_##field,
        TNAS_DATA_FIELDS(LINE_OF, , )
#undef LINE_OF
    };
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        if (!arguments->given[lines[i]])
            continue;
        const tnas_data_field field = (tnas_data_field)i;
        const bool is_flag = tnas_data_field_describe(field)->kind == TNAS_DATA_FLAG;
        TNAS_TRY(
            tnas_data_options_set(options, field, is_flag ? "true" : arguments->text[lines[i]]));
    }
    return tnas_data_options_check(options);
}

int tnas_arguments_threads(const tnas_arguments *arguments)
{
    return arguments->given[TNAS_OPTION_threads] ? (int)arguments->number[TNAS_OPTION_threads]
                                                 : tnas_pool_default_threads();
}
