#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "nn/kernels.h"

static tnas_command_fn *const implementations[] = {
#define ENTRY(name, operands, summary) tnas_cmd_##name,
    TNAS_COMMANDS(ENTRY)
#undef ENTRY
};

/* `tinynas help`, `tinynas help COMMAND`. */
static tnas_status help(int argc, char **argv)
{
    if (argc < 3) {
        tnas_help_print();
        return TNAS_OK;
    }
    tnas_command command;
    TNAS_TRY(tnas_command_find(argv[2], &command));
    tnas_help_print_command(command);
    return TNAS_OK;
}

static tnas_status run(int argc, char **argv)
{
    if (argc < 2)
        return tnas_fail(TNAS_ERR_USAGE, "a command is missing; see tinynas --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    if (strcmp(argv[1], "--version") == 0) {
        printf("tinynas %s\n", TNAS_VERSION);
        return TNAS_OK;
    }
    tnas_arguments arguments;
    const tnas_status status = tnas_arguments_parse(argc, argv, &arguments);
    if (status == TNAS_OK && arguments.given[TNAS_OPTION_help]) {
        tnas_help_print_command(arguments.command);
        return TNAS_OK;
    }
    TNAS_TRY(status);
    return implementations[arguments.command](&arguments);
}

/* Started with one of the three streams closed, the next file that is opened would take its
 * number, and progress would land in a study. Read-only, so that a result written to a closed
 * stdout still fails. */
static void fill_closed_streams(void)
{
    int file;
    do
        file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0)
        close(file);
}

/* TINYNAS_ISA decides which instructions compute, for OpenBLAS too, which chooses its own before
 * main from OPENBLAS_CORETYPE: so the program starts itself once more with it. */
static void tie_openblas(char **argv)
{
    static const struct {
        const char *isa, *core;
    } ties[] = {{"v2", "NEHALEM"}, {"v3", "HASWELL"}, {"v4", "SKYLAKEX"}};
    const char *const isa = getenv("TINYNAS_ISA");
    if (isa == NULL || getenv("OPENBLAS_CORETYPE") != NULL || tnas_kernels_find(isa) == NULL)
        return;
    for (size_t i = 0; i < sizeof ties / sizeof ties[0]; i++)
        if (strcmp(ties[i].isa, isa) == 0 && setenv("OPENBLAS_CORETYPE", ties[i].core, 1) == 0)
            execv("/proc/self/exe", argv); /* returns only when it cannot: then OpenBLAS's choice */
}

/* A stream that failed earlier may have nothing left to flush. */
static bool is_stdout_written(void)
{
    const bool flushed = fflush(stdout) == 0;
    return flushed && !ferror(stdout);
}

int main(int argc, char **argv)
{
    fill_closed_streams();
    tie_openblas(argv);
    tnas_screen screen;
    tnas_screen_attach(&screen);
    const tnas_status status = run(argc, argv);
    const bool written = is_stdout_written();
    tnas_screen_detach(&screen);
    if (!written && status == TNAS_OK) {
        fprintf(stderr, "tinynas: cannot write the result to stdout\n");
        return tnas_status_exit_code(TNAS_ERR_IO);
    }
    if (status != TNAS_OK)
        fprintf(stderr, "%stinynas:%s %s\n", tnas_screen_paint(stderr, TNAS_PAINT_BAD),
                tnas_screen_paint(stderr, TNAS_PAINT_NONE), tnas_error_text());
    return tnas_status_exit_code(status);
}
