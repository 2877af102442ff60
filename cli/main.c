#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

static tnas_command_fn *const implementations[] = {
#define ENTRY(name, operands, summary) tnas_cmd_##name,
    TNAS_COMMANDS(ENTRY)
#undef ENTRY
};

static tnas_status run(int argc, char **argv)
{
    if (argc < 2)
        return tnas_fail(TNAS_ERR_USAGE, "a command is missing; see tinynas --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        tnas_help_print();
        return TNAS_OK;
    }
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

int main(int argc, char **argv)
{
    const tnas_status status = run(argc, argv);
    if (fflush(stdout) != 0 && status == TNAS_OK) {
        fprintf(stderr, "tinynas: cannot write the result to stdout\n");
        return tnas_status_exit_code(TNAS_ERR_IO);
    }
    if (status != TNAS_OK)
        fprintf(stderr, "tinynas: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
