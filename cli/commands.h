/* The one list of commands and options: the parser, --help and later the man pages and
 * completions are made from it. */
#ifndef TNAS_CLI_COMMANDS_H
#define TNAS_CLI_COMMANDS_H

#include <stdbool.h>

#include "common/status.h"
#include "data/options.h"

/*  name       operands            summary */
#define TNAS_COMMANDS(X)                                                                           \
    X(search, "", "find, train and quantise the best network for a part")                          \
    X(space, "", "how many networks of a space fit a part, and which setting of it to search")     \
    X(train, "", "train and quantise a network drawn by hand")                                     \
    X(estimate, "MODEL", "flash, SRAM and latency of a study's winner, a graph or a .tflite file") \
    X(export, "STUDY|MODEL.tflite", "write a network as a folder of C, a .tflite or a graph file") \
    X(eval, "STUDY|EXPORT", "int8 accuracy on the test images of a data set")                      \
    X(compare, "", "how far the latency model is from board measurements")                         \
    X(calibrate, "", "a profile whose latency model is fitted to board measurements")              \
    X(measure, "[MODEL...]",                                                                       \
      "firmware that times networks, or single layers, and prints calibrate's CSV")                \
    X(mcu, "list|show|check|new",                                                                  \
      "list, show NAME, check FILE, new NAME --from KIN: parts' profiles")                         \
    X(study, "list|show|trials|pareto",                                                            \
      "list [DIR], show STUDY, trials STUDY, pareto STUDY: what searches found")                   \
    X(report, "STUDY", "all of a study as one HTML file, to look at and to pass on")               \
    X(watch, "STUDY", "where a search is that runs in another terminal")                           \
    X(data, "info DATA | write DATA", "what a data set holds; its test images as IDX files")

typedef enum tnas_command {
#define TNAS_COMMAND_ENUM(name, operands, summary) TNAS_COMMAND_##name,
    TNAS_COMMANDS(TNAS_COMMAND_ENUM)
#undef TNAS_COMMAND_ENUM
        TNAS_COMMAND_COUNT
} tnas_command;

/* Not given is another thing than given as the default: an evaluation takes its study's. */
#define TNAS_NO_DEFAULT(text) NULL

/* Kinds of values: TEXT as is; NUMBER and COUNT (whole) within min..max; FLAG has none.
 *  id                flag                kind    value   min   max    commands, default, help */
#define TNAS_OPTIONS(X)                                                                            \
    X(mcu, "mcu", TEXT, "M", 0, 0, "search space estimate export compare calibrate measure", NULL, \
      "the part: a name from `tinynas mcu list` or a profile file (search: several with commas)")  \
    X(data, "data", TEXT, "D", 0, 0, "search space eval train", NULL,                              \
      "a folder, file or archive, or builtin:NAME (search: builtin:shapes); docs/data.md")         \
    TNAS_DATA_FIELDS(X, "search space eval train data", TNAS_NO_DEFAULT)                           \
    X(space, "space", TEXT, "S", 0, 0, "search space", "small-image",                              \
      "the search space: a name from configs/spaces or a file")                                    \
    X(runtime, "runtime", TEXT, "R", 0, 0, "search space estimate compare calibrate measure",      \
      NULL, "whose kernels: tinynas (default) or another library of the profile")                  \
    X(runtime_version, "runtime-version", TEXT, "V", 0, 0, "space estimate compare calibrate",     \
      NULL, "the latency model of this version, and rows of it alone")                             \
    X(clock, "clock-mhz", NUMBER, "X", 0.001, 10000, "compare calibrate mcu", NULL,                \
      "clock where the measurements do not say; mcu new: that of the part")                        \
    X(max_flash, "max-flash-kib", NUMBER, "X", 0.001, 1e6, "search space estimate", NULL,          \
      "limit of weights, parameters, table and code")                                              \
    X(max_sram, "max-sram-kib", NUMBER, "X", 0.001, 1e6, "search space estimate", NULL,            \
      "limit of the arena, input and output included")                                             \
    X(max_latency, "max-latency-ms", NUMBER, "X", 1e-6, 1e9, "search space estimate", NULL,        \
      "limit of the one-sided 90 % upper end of the latency")                                      \
    X(reserve_flash, "reserve-flash-kib", NUMBER, "X", 0, 1e6, "search space estimate", NULL,      \
      "flash kept for the application")                                                            \
    X(reserve_sram, "reserve-sram-kib", NUMBER, "X", 0, 1e6, "search space estimate", NULL,        \
      "SRAM kept for the application")                                                             \
    X(latency_at, "latency-at", TEXT, "upper|mean", 0, 0, "search space estimate", "upper",        \
      "what a latency limit is tested against")                                                    \
    X(samples, "samples", COUNT, "N", 1, 1e6, "space", "1000", "networks drawn at each setting")   \
    X(classes, "classes", COUNT, "N", 2, 32767, "space", NULL,                                     \
      "instead of --data: its classes (10)")                                                       \
    X(channels, "channels", COUNT, "N", 1, 1024, "space", NULL,                                    \
      "instead of --data: its channels (3)")                                                       \
    X(size, "size", TEXT, "HxW", 0, 0, "space", NULL,                                              \
      "instead of --data: the size of its images, for spaces without sizes of their own")          \
    X(code, "code-kib", NUMBER, "X", 0.001, 1e6, "space", NULL,                                    \
      "code of a runtime whose code is taken as a constant (tinyengine: 64)")                      \
    X(preset, "preset", TEXT, "P", 0, 0, "search", NULL,                                           \
      "how much work: smoke, quick, standard, thorough (default: the study's, else quick)")        \
    X(config, "config", TEXT, "FILE", 0, 0, "search train", NULL,                                  \
      "a run configuration, or its name in configs/runs; options win over it (train: its data, "   \
      "seed, finetune and finish)")                                                                \
    X(supernet_steps, "supernet-steps", COUNT, "N", 1, 1e7, "search", NULL,                        \
      "training steps of the supernet, in place of the preset's")                                  \
    X(supernet_recipe, "supernet-recipe", TEXT, "uniform|sandwich|mcunet|progressive", 0, 0,       \
      "search", NULL, "how the networks of the supernet take turns (default: the preset's)")       \
    X(finetune_steps, "finetune-steps", COUNT, "N", 1, 1e7, "search", NULL,                        \
      "training steps of each finalist")                                                           \
    X(finalists, "finalists", COUNT, "K", 1, 16, "search", NULL,                                   \
      "fine-tune the K best of the front and take the best of them (default: 1)")                  \
    X(generations, "generations", COUNT, "N", 1, 1e5, "search", NULL, "rounds of the search")      \
    X(strategy, "strategy", TEXT, "evolution|nsga2|random", 0, 0, "search", NULL,                  \
      "how candidates are found (default: evolution; nsga2: for a front)")                         \
    X(metric, "metric", TEXT, "accuracy|macro-f1", 0, 0, "search", NULL,                           \
      "what the validation images are to give most of (default: accuracy)")                        \
    X(min_accuracy, "min-accuracy", NUMBER, "X", 0, 1, "search", NULL,                             \
      "take the fastest network that is at least so accurate, 0..1; exit 3 when none is")          \
    X(population, "population", COUNT, "N", 2, 65536, "search", NULL, "architectures of a round")  \
    X(budget_minutes, "budget-minutes", NUMBER, "X", 0.001, 1e6, "search", NULL,                   \
      "time for all of it: the preset's counts are lowered to what it allows, and stored")         \
    X(log, "log", TEXT, "FILE", 0, 0, "search", NULL,                                              \
      "append progress and notes to this file as JSON lines")                                      \
    X(study, "study", TEXT, "DIR", 0, 0, "search", NULL,                                           \
      "the study's folder (default: studies/<data>-<space>)")                                      \
    X(target, "target", COUNT, "N", 1, 1e6, "estimate export eval study report", NULL,             \
      "which of a study's results (default: the one that finished last, on --mcu)")                \
    X(show_config, "config", FLAG, "", 0, 0, "study", NULL,                                        \
      "show: the run configuration that reproduces the target")                                    \
    X(sort, "sort", TEXT, "KEY", 0, 0, "study", NULL,                                              \
      "trials, pareto: by accuracy, accuracy_int8, latency_ms, sram_bytes, flash_bytes, macs ...") \
    X(limit, "limit", COUNT, "N", 1, 1e9, "study", NULL, "trials, pareto: so many rows")           \
    X(once, "once", FLAG, "", 0, 0, "watch", NULL, "one look, for scripts")                        \
    X(seed, "seed", COUNT, "N", 0, 9e15, "search space train", "1", "same seed, same result")      \
    X(threads, "threads", COUNT, "N", 1, 256, "search space eval train", NULL,                     \
      "threads (default: the processors of this machine)")                                         \
    X(dry_run, "dry-run", FLAG, "", 0, 0, "search", NULL, "stop after the forecast")               \
    X(net, "net", TEXT, "N", 0, 0, "train", NULL,                                                  \
      "the network: a graph file, a name from configs/graphs, or a study (its winner's)")          \
    X(epochs, "epochs", NUMBER, "X", 0.001, 1e6, "train", "10", "passes over the training images") \
    X(learning_rate, "learning-rate", NUMBER, "X", 1e-6, 10, "train", "0.3",                       \
      "at the end of the warm-up")                                                                 \
    X(weight_decay, "weight-decay", NUMBER, "X", 0, 1, "train", "0.0001", "on weights")            \
    X(shift, "shift", COUNT, "N", 0, 64, "train", "0",                                             \
      "augmentation: moves images by at most so many pixels; none below 15,000 weights or 10 "     \
      "epochs")                                                                                    \
    X(flip, "flip", FLAG, "", 0, 0, "train", NULL, "augmentation: mirrors half of the images")     \
    X(teacher, "teacher", TEXT, "FILE", 0, 0, "train", NULL,                                       \
      "float.tnm of another training, to learn from")                                              \
    X(distill_share, "distill-share", NUMBER, "X", 0, 1, "train", "0.5",                           \
      "of the teacher in what is learned; the rest is the labels'")                                \
    X(distill_temperature, "distill-temperature", NUMBER, "T", 0.1, 100, "train", "1",             \
      "of the teacher's softmax")                                                                  \
    X(validation_only, "validation-only", FLAG, "", 0, 0, "train", NULL,                           \
      "leave the test images alone: for comparing recipes")                                        \
    X(layers, "layers", FLAG, "", 0, 0, "estimate", NULL, "one line per layer")                    \
    X(check, "check", FLAG, "", 0, 0, "estimate", NULL, "exit 3 when it does not fit")             \
    X(as, "as", TEXT, "c|tflite|graph", 0, 0, "export", "c", "what to write")                      \
    X(weights, "weights", TEXT, "int8|int16|auto", 0, 0, "estimate export measure", "int8",        \
      "int16: fewer instructions for more flash; auto: where flash is left")                       \
    X(name, "name", TEXT, "NAME", 0, 0, "export", NULL,                                            \
      "prefix of files and symbols (default: the study's name)")                                   \
    X(out, "out", TEXT, "DIR|FILE", 0, 0, "export data calibrate mcu measure train report", NULL,  \
      "where to write: a folder; the profile of calibrate and mcu new; the file of report")        \
    X(measurements, "measurements", TEXT, "FILE.csv", 0, 0, "compare calibrate", NULL,             \
      "board measurements (docs/measurements.md)")                                                 \
    X(graphs, "graphs", TEXT, "DIR|FILE", 0, 0, "compare calibrate", NULL,                         \
      "folder of MODEL.json or .tflite, table of layers, several with commas (default: shipped)")  \
    X(networks, "networks", FLAG, "", 0, 0, "compare calibrate", NULL,                             \
      "rows of whole networks alone, not those of their layers")                                   \
    X(from, "from", TEXT, "KIN", 0, 0, "calibrate mcu", NULL,                                      \
      "the kin to start from: a part; for calibrate also PART:RUNTIME:VERSION")                    \
    X(part, "part", TEXT, "P", 0, 0, "compare calibrate mcu", NULL,                                \
      "as measurements name it: whose rows (another of one die); mcu new: the part's number")      \
    X(flash, "flash-kib", NUMBER, "X", 1, 1e9, "mcu", NULL, "new: its flash (default: KIN's)")     \
    X(sram, "sram-kib", NUMBER, "X", 1, 1e9, "mcu", NULL,                                          \
      "new: its RAM in one piece, in place of KIN's regions")                                      \
    X(fail_above, "fail-above", NUMBER, "PCT", 0, 1e6, "compare", NULL,                            \
      "exit 5 when the mean error is above this")                                                  \
    X(plot, "plot", TEXT, "FILE.svg", 0, 0, "compare", NULL, "predicted over measured, as SVG")    \
    X(format, "format", TEXT, "table|json|csv", 0, 0, "*", "table", "how to print the result")     \
    X(quiet, "quiet", FLAG, "", 0, 0, "*", NULL, "no progress on stderr")                          \
    X(help, "help", FLAG, "", 0, 0, "*", NULL, "this text")

typedef enum tnas_option {
#define TNAS_OPTION_ENUM(id, flag, kind, value, min, max, commands, fallback, help)                \
    TNAS_OPTION_##id,
    TNAS_OPTIONS(TNAS_OPTION_ENUM)
#undef TNAS_OPTION_ENUM
        TNAS_OPTION_COUNT
} tnas_option;

enum { TNAS_OPERANDS_MAX = 16 };

/* A parsed command line. Texts are borrowed from argv. */
typedef struct tnas_arguments {
    tnas_command command;
    int operand_count;
    const char *operands[TNAS_OPERANDS_MAX];
    const char *text[TNAS_OPTION_COUNT]; /* given value or default; NULL: neither */
    double number[TNAS_OPTION_COUNT];    /* of NUMBER and COUNT, when text is not NULL */
    bool given[TNAS_OPTION_COUNT];
} tnas_arguments;

/* argv[1..]: the command and its words. TNAS_ERR_USAGE names the word and the rule. */
tnas_status tnas_arguments_parse(int argc, char **argv, tnas_arguments *out);

/* Prints the list of commands, or one command's help, to stdout. */
void tnas_help_print(void);
void tnas_help_print_command(tnas_command command);

const char *tnas_command_name(tnas_command command);
bool tnas_option_applies(tnas_option option, tnas_command command);
tnas_status tnas_command_find(const char *name, tnas_command *out);

/* Implemented one file each, cli/cmd_<name>.c. */
typedef tnas_status tnas_command_fn(const tnas_arguments *arguments);
#define TNAS_COMMAND_DECLARATION(name, operands, summary)                                          \
    tnas_status tnas_cmd_##name(const tnas_arguments *arguments);
TNAS_COMMANDS(TNAS_COMMAND_DECLARATION)
#undef TNAS_COMMAND_DECLARATION

#endif
