#include "tests/export_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/random_model.h"

tnas_image *random_image(uint64_t index)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    tnas_model *const model = random_int8_model(&rng);
    /* In turn plain C and the DSP kernels, which the emulated Cortex-M7 runs natively. */
    const tnas_target *const target =
        index % 2 == 0 ? &tnas_target_tinynas_c : &tnas_target_tinynas_dsp;
    tnas_image *image;
    ck_ok(tnas_image_build(model, target, &image));
    tnas_model_destroy(model);
    return image;
}

void export_into(const tnas_image *image, const char *folder, const char *name,
                 char out[TNAS_PATH_BYTES])
{
    ck_ok(tnas_path_join(out, folder, name));
    const tnas_export_options options = {.name = name, .folder = out};
    ck_ok(tnas_export_c(image, &options));
}

static int run_and_read(const char *command, char output[COMMAND_OUTPUT_BYTES])
{
    char line[2 * TNAS_PATH_BYTES + 4096];
    /* An export builds by itself, whatever the make that runs the tests was told. */
    snprintf(line, sizeof line, "unset MAKEFLAGS MFLAGS CFLAGS CC; { %s; } 2>&1", command);
    FILE *const pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t used = 0, got;
    char rest[512];
    while ((got = fread(output + used, 1, COMMAND_OUTPUT_BYTES - 1 - used, pipe)) > 0)
        used += got;
    output[used] = '\0';
    while (fread(rest, 1, sizeof rest, pipe) > 0) /* a full pipe would block the command */
        continue;
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_command(char output[COMMAND_OUTPUT_BYTES], const char *format, ...)
{
    char command[2 * TNAS_PATH_BYTES + 2048];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(length, (int)sizeof command);
    return run_and_read(command, output);
}

void must_run(const char *format, ...)
{
    char command[2 * TNAS_PATH_BYTES + 2048], output[COMMAND_OUTPUT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    const int status = run_and_read(command, output);
    ck_assert_msg(status == 0, "%s\nexit code %d\n%s", command, status, output);
}

bool have_program(const char *name)
{
    char output[COMMAND_OUTPUT_BYTES];
    return run_command(output, "command -v %s", name) == 0;
}
