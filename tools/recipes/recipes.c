/* The tables. Versions and parts as the publishers write them; a blank version means that they
 * do not state one. */
#include "tools/recipes/recipes.h"

#include <string.h>

/* clang-format off */
#define TINYENGINE_H743_SOURCE "mit-han-lab/tinyengine@47bb283c README, clock of 480 MHz assumed"
#define TINYENGINE_F746_SOURCE "mit-han-lab/tinyengine@c71768b README"
#define ZOO_SOURCE "STMicroelectronics/stm32ai-modelzoo, README tables of all revisions"
#define MLPERF_SOURCE "mlcommons/tiny_results v0.5 to v1.3"
#define GAP8_SOURCE "GreenWaves-Technologies/image_classification_networks@50ad1be"

/* The Discovery board: AXI SRAM of 512 KiB less what the application takes; constants of more
 * than 1 MB go to the external flash. */
#define H747_MEMORY {.fast_ram_bytes = 450000, .chip_flash_bytes = 1000000, .padded_copies = 1}

#define NO_MEMORY {0, 0, 0, 0, 0}

#define MLPERF_ROWS(profile, part, runtime, version, prior, kin_mcu, kin_version, drops_dead)      \
    {profile, runtime, version, {{TNAS_ROWS_MLPERF, part, NULL, NULL, false}}, prior, kin_mcu,     \
     kin_version, NO_MEMORY, drops_dead, 0, MLPERF_SOURCE, NULL}
#define MLPERF(...)      MLPERF_ROWS(__VA_ARGS__, false)
#define MLPERF_LIVE(...) MLPERF_ROWS(__VA_ARGS__, true)
/* `apart`: 25 % slower than any model says, and 27 % faster in the next SDK: not fitted. */
#define GAP8_APART "quantized_v2_224_140"
#define GAP8(version, column, apart)                                                             \
    {"gap8", "autotiler/nntool", version, {{TNAS_ROWS_GAP8, "GAP8", NULL, NULL, false}},           \
     TNAS_PRIOR_GAP8, NULL, NULL, NO_MEMORY, false, 0, GAP8_SOURCE " " column, apart}
/* One-dimensional windows over one channel, 0.01 to 0.2 MMAC: two to three times slower than
 * any model of image networks says. */
#define MOTION_APART "_wl_"

#define XCUBE TNAS_PRIOR_X_CUBE_AI

static const tnas_recipe recipes[] = {
    {"stm32h743", "tinyengine", "0363956", {{TNAS_ROWS_TINYENGINE_H743, "STM32H743", NULL, NULL, false}},
     TNAS_PRIOR_TINYENGINE, NULL, NULL, NO_MEMORY, false, 480, TINYENGINE_H743_SOURCE, NULL},
    {"stm32h743", "tflm-cmsis-nn", "011bf32", {{TNAS_ROWS_TINYENGINE_H743, "STM32H743", NULL, NULL, false}},
     TNAS_PRIOR_TFLM, NULL, NULL, NO_MEMORY, false, 480, TINYENGINE_H743_SOURCE, NULL},
    {"stm32h743", "x-cube-ai", "7.3.0", {{TNAS_ROWS_TINYENGINE_H743, "STM32H743", NULL, NULL, false}},
     XCUBE, NULL, NULL, NO_MEMORY, false, 480, TINYENGINE_H743_SOURCE, NULL},
    {"stm32h743", "cmsis-nn-(uint8-intq-fork)", "", {{TNAS_ROWS_H743_LAYERS, "STM32H743", NULL, NULL, true}},
     TNAS_PRIOR_CMSIS_LAYERS, NULL, NULL, NO_MEMORY, false, 0,
     "EEESlab/mobilenet_v1_stm32_cmsis_nn@401f0bb, single layers at 400 MHz, an older CMSIS-NN", NULL},

    {"stm32h747", "x-cube-ai", "7.3.0", {{TNAS_ROWS_ZOO, "STM32H747", NULL, NULL, false}},
     XCUBE, NULL, NULL, H747_MEMORY, false, 0, ZOO_SOURCE, NULL},
    {"stm32h747", "x-cube-ai", "8.1.0", {{TNAS_ROWS_ZOO, "STM32H747", NULL, NULL, false},
     {TNAS_ROWS_ZOO, "STM32H747", "", "resnet_v1_32_32_tfs_int8", false}},
     XCUBE, NULL, NULL, H747_MEMORY, false, 0, ZOO_SOURCE, NULL},
    {"stm32h747", "x-cube-ai", "10.0.0", {{TNAS_ROWS_ZOO, "STM32H747", NULL, NULL, false}},
     XCUBE, NULL, NULL, H747_MEMORY, false, 0, ZOO_SOURCE, NULL},

    {"stm32f746", "tinyengine", "2022-08", {{TNAS_ROWS_F746, "STM32F746", NULL, NULL, false}},
     TNAS_PRIOR_TINYENGINE, NULL, NULL, NO_MEMORY, false, 0, TINYENGINE_F746_SOURCE, NULL},
    {"stm32f746", "tflm-cmsis-nn", "CMSIS-NN 2.0.0", {{TNAS_ROWS_F746, "STM32F746", NULL, NULL, false}},
     TNAS_PRIOR_TFLM, "stm32h743", "011bf32", NO_MEMORY, false, 0, TINYENGINE_F746_SOURCE, NULL},
    {"stm32f746", "x-cube-ai", "7.1.0", {{TNAS_ROWS_F746, "STM32F746", NULL, NULL, false}},
     XCUBE, "stm32h747", "7.3.0", NO_MEMORY, false, 0, TINYENGINE_F746_SOURCE, NULL},
    MLPERF("stm32f746", "STM32F746", "plumerai", "", XCUBE, "stm32l4r5", ""),
    MLPERF_LIVE("stm32f746", "STM32F746", "plumerai", "2023.05", XCUBE, "stm32h7a3", "2023.05"),
    MLPERF("stm32f746", "STM32F746", "bosch-hale", "1.0", XCUBE, "stm32h7a3", "1.0"),
    MLPERF("stm32f746", "STM32F746", "bosch-hale", "1.0.175", XCUBE, "stm32h7a3", "1.0.175"),

    {"stm32f769", "x-cube-ai", "7.3.0", {{TNAS_ROWS_ZOO, "STM32F769", NULL, NULL, false}},
     XCUBE, "stm32h747", "7.3.0", NO_MEMORY, false, 0, ZOO_SOURCE, NULL},
    {"stm32f769", "x-cube-ai", "8.1.0", {{TNAS_ROWS_ZOO, "STM32F769", NULL, NULL, false}},
     XCUBE, "stm32h747", "8.1.0", NO_MEMORY, false, 0, ZOO_SOURCE, NULL},
    {"stm32f769", "x-cube-ai", "10.0.0", {{TNAS_ROWS_ZOO, "STM32F769", NULL, NULL, false}},
     XCUBE, "stm32h747", "10.0.0", NO_MEMORY, false, 0, ZOO_SOURCE, NULL},

    MLPERF("stm32h7a3", "STM32H7A3", "x-cube-ai", "7.1.0", XCUBE, "stm32l4r5", "7.1.0"),
    MLPERF("stm32h7a3", "STM32H7A3", "x-cube-ai", "7.3.0", XCUBE, "stm32l4r5", "7.3.0"),
    MLPERF("stm32h7a3", "STM32H7A3", "x-cube-ai", "8.0.0", XCUBE, "stm32l4r5", "8.0.0"),
    MLPERF_LIVE("stm32h7a3", "STM32H7A3", "x-cube-ai", "8.1.0", XCUBE, "stm32l4r5", "8.1.0"),
    MLPERF_LIVE("stm32h7a3", "STM32H7A3", "x-cube-ai", "9.0.0", XCUBE, "stm32l4r5", "9.0.0"),
    MLPERF_LIVE("stm32h7a3", "STM32H7A3", "plumerai", "2023.05", XCUBE, "stm32f746", "2023.05"),
    MLPERF("stm32h7a3", "STM32H7A3", "bosch-hale", "1.0", XCUBE, "stm32f746", "1.0"),
    MLPERF("stm32h7a3", "STM32H7A3", "bosch-hale", "1.0.175", XCUBE, "stm32f746", "1.0.175"),

    MLPERF("stm32l4r5", "STM32L4R5", "tflm", "2.3.1", TNAS_PRIOR_TFLM, NULL, NULL),
    MLPERF("stm32l4r5", "STM32L4R5", "x-cube-ai", "7.1.0", XCUBE, "stm32h7a3", "7.1.0"),
    MLPERF("stm32l4r5", "STM32L4R5", "x-cube-ai", "7.3.0", XCUBE, "stm32h7a3", "7.3.0"),
    MLPERF("stm32l4r5", "STM32L4R5", "x-cube-ai", "8.0.0", XCUBE, "stm32h7a3", "8.0.0"),
    MLPERF_LIVE("stm32l4r5", "STM32L4R5", "x-cube-ai", "8.1.0", XCUBE, "stm32h7a3", "8.1.0"),
    MLPERF_LIVE("stm32l4r5", "STM32L4R5", "x-cube-ai", "9.0.0", XCUBE, "stm32h7a3", "9.0.0"),
    MLPERF_LIVE("stm32l4r5", "STM32L4R5", "x-cube-ai", "10.2.0", XCUBE, "stm32u585", "10.2.0"),
    MLPERF("stm32l4r5", "STM32L4R5", "plumerai", "", XCUBE, "stm32u585", ""),
    MLPERF_LIVE("stm32l4r5", "STM32L4R5", "plumerai", "2023.05", XCUBE, "stm32u585", "2023.05"),
    MLPERF("stm32l4r5", "STM32L4R5", "bosch-hale", "1.0", XCUBE, "stm32u585", "1.0"),
    MLPERF("stm32l4r5", "STM32L4R5", "bosch-hale", "1.0.175", XCUBE, "stm32u585", "1.0.175"),
    MLPERF("stm32l4r5", "STM32L4R5", "microtvm-cmsis-nn", "", TNAS_PRIOR_TFLM, NULL, NULL),
    MLPERF("stm32l4r5", "STM32L4R5", "microtvm-native", "", XCUBE, NULL, NULL),
    MLPERF_LIVE("stm32l4r5", "STM32L4R5", "onnc-zephyr", "", XCUBE, NULL, NULL),

    /* The rows of U575 and U585, one die with and without cryptography. */
    MLPERF("stm32u585", "STM32U5", "x-cube-ai", "7.1.0", XCUBE, "stm32l4r5", "7.1.0"),
    {"stm32u585", "x-cube-ai", "7.3.0", {{TNAS_ROWS_ZOO, "STM32U585", NULL, NULL, false},
     {TNAS_ROWS_MLPERF, "STM32U5", NULL, NULL, false}},
     XCUBE, "stm32l4r5", "7.3.0", NO_MEMORY, false, 0, ZOO_SOURCE "; " MLPERF_SOURCE " (U575)", NULL},
    {"stm32u585", "x-cube-ai", "8.1.0", {{TNAS_ROWS_ZOO, "STM32U585", NULL, NULL, false},
     {TNAS_ROWS_MLPERF, "STM32U5", NULL, NULL, false}},
     XCUBE, "stm32l4r5", "8.1.0", NO_MEMORY, true, 0, ZOO_SOURCE "; " MLPERF_SOURCE " (U575), without the networks of motion sensors", MOTION_APART},
    MLPERF_LIVE("stm32u585", "STM32U5", "x-cube-ai", "9.0.0", XCUBE, "stm32l4r5", "9.0.0"),
    {"stm32u585", "x-cube-ai", "10.0.0", {{TNAS_ROWS_ZOO, "STM32U585", NULL, NULL, false}},
     XCUBE, "stm32h747", "10.0.0", NO_MEMORY, false, 0, ZOO_SOURCE, NULL},
    MLPERF_LIVE("stm32u585", "STM32U5", "x-cube-ai", "10.2.0", XCUBE, "stm32l4r5", "10.2.0"),
    MLPERF("stm32u585", "STM32U5", "plumerai", "", XCUBE, "stm32l4r5", ""),
    MLPERF_LIVE("stm32u585", "STM32U5", "plumerai", "2023.05", XCUBE, "stm32l4r5", "2023.05"),
    MLPERF("stm32u585", "STM32U5", "bosch-hale", "1.0", XCUBE, "stm32l4r5", "1.0"),
    MLPERF("stm32u585", "STM32U5", "bosch-hale", "1.0.175", XCUBE, "stm32l4r5", "1.0.175"),

    MLPERF("cortex-m0plus", "STM32G0B1", "bosch-hale", "1.0", XCUBE, "stm32l4r5", "1.0"),
    MLPERF("cortex-m0plus", "STM32G0B1", "bosch-hale", "1.0.175", XCUBE, "stm32l4r5", "1.0.175"),

    GAP8("GAP SDK 3.5 (README)", "README, frames per second, without " GAP8_APART, GAP8_APART),
    GAP8("SDK 3.5", "performance.csv, without " GAP8_APART, GAP8_APART),
    GAP8("SDK dev 14_10_2020", "performance.csv", NULL),
    GAP8("SDK dev 23_11_2020", "performance.csv", NULL),
    GAP8("SDK dev 16_12_2020", "performance.csv", NULL),
};

#define NO_RATIO {TNAS_ROWS_NONE, NULL, NULL, NULL, 0}
#define PAPER(part) {TNAS_ROWS_PAPER, part, "tflm-cmsis-nn", "", 0}
/* Published cycles of CMSIS-NN over its instructions on the emulated Cortex-M7. */
#define COUNTED_CMSIS {TNAS_ROWS_COUNTED, NULL, "tflm-cmsis-nn", NULL, 0}
#define H743_CMSIS {TNAS_ROWS_TINYENGINE_H743, "STM32H743", "tflm-cmsis-nn", "011bf32", 480}
#define F746_CMSIS {TNAS_ROWS_F746, "STM32F746", "tflm-cmsis-nn", NULL, 0}
#define M4_CMSIS {TNAS_ROWS_MLPERF, "STM32L4R5", "microtvm-cmsis-nn", NULL, 0}
#define M33_CMSIS {TNAS_ROWS_MLPERF, "nRF5340", "microtvm-cmsis-nn", NULL, 0}
#define DSP(part, kin, cycles, term_tau, shift_tau) \
    {part, "tinynas", "", kin, "tflm-cmsis-nn", 1, "tinynas-dsp", cycles, COUNTED_CMSIS, term_tau, shift_tau, NULL}

/* In this order: a later one may start from an earlier one. */
static const tnas_hand_on hand_ons[] = {
    {"stm32f767", "tflm-cmsis-nn", "", "stm32f746", "tflm-cmsis-nn", 1, NULL,
     PAPER("STM32F767"), PAPER("STM32F746"), 0.05, 0.03, "arXiv 2010.11267 table 4"},
    {"stm32f446", "tflm-cmsis-nn", "", "stm32f746", "tflm-cmsis-nn", 1, NULL,
     PAPER("STM32F446"), PAPER("STM32F746"), 0.05, 0.03, "arXiv 2010.11267 table 4"},
    DSP("stm32h743", "stm32h743", H743_CMSIS, 0.15, 0.35),
    DSP("stm32f746", "stm32f746", F746_CMSIS, 0.15, 0.35),
    DSP("stm32h747", "stm32h743", H743_CMSIS, 0.15, 0.35),
    DSP("stm32h7a3", "stm32h743", H743_CMSIS, 0.15, 0.35),
    DSP("stm32f767", "stm32f767", F746_CMSIS, 0.15, 0.35),
    DSP("stm32f769", "stm32f767", F746_CMSIS, 0.15, 0.35),
    DSP("stm32f446", "stm32f446", M4_CMSIS, 0.15, 0.40),
    DSP("stm32l4r5", "stm32f446", M4_CMSIS, 0.15, 0.35),
    DSP("stm32u585", "stm32f446", M33_CMSIS, 0.15, 0.45),
    DSP("cortex-m4", "stm32f446", M4_CMSIS, 0.20, 0.45),
    DSP("cortex-m33", "stm32f446", M33_CMSIS, 0.20, 0.50),
    /* A vector instruction takes two cycles, of which one may overlap its neighbour's. */
    {"cortex-m55", "tinynas", "", "stm32f446", "tflm-cmsis-nn", 1.5, "tinynas-mve", NO_RATIO, NO_RATIO, 0.30, 0.60,
     "1.5 cycles an instruction guessed"},
    /* Plain C. No DSP instructions, two cycles a load: Bosch's library on both cores says how much
     * slower than a Cortex-M4 that is, whose cycles an instruction come from CMSIS-NN. */
    {"cortex-m0plus", "tinynas", "", "stm32f446", "tflm-cmsis-nn", 1.5, "tinynas-c",
     {TNAS_ROWS_MLPERF, "STM32G0B1", "bosch-hale", "1.0.175", 0},
     {TNAS_ROWS_MLPERF, "STM32L4R5", "bosch-hale", "1.0.175", 0}, 0.30, 0.60,
     "mlcommons/tiny_results, STM32G0B1"},
    /* One issue a cycle, no multiply-accumulate, no post-increment: a third more instructions. */
    {"rv32imc", "tinynas", "", "stm32f446", "tflm-cmsis-nn", 1.3, "tinynas-c", NO_RATIO, NO_RATIO, 0.30, 0.60,
     "a third more instructions guessed"},
    {"gap8", "tinynas", "", "stm32f446", "tflm-cmsis-nn", 1.3, "tinynas-c", NO_RATIO, NO_RATIO, 0.30, 0.70,
     "plain C on one core, a third more instructions guessed"},
};
/* clang-format on */

int tnas_recipe_count(void)
{
    return (int)(sizeof recipes / sizeof recipes[0]);
}

const tnas_recipe *tnas_recipe_at(int index)
{
    return &recipes[index];
}

const tnas_recipe *tnas_recipe_find(const char *mcu, const char *runtime, const char *version)
{
    for (int i = 0; i < tnas_recipe_count(); i++)
        if (strcmp(recipes[i].mcu, mcu) == 0 && strcmp(recipes[i].runtime, runtime) == 0 &&
            strcmp(recipes[i].version, version) == 0)
            return &recipes[i];
    return NULL;
}

int tnas_hand_on_count(void)
{
    return (int)(sizeof hand_ons / sizeof hand_ons[0]);
}

const tnas_hand_on *tnas_hand_on_at(int index)
{
    return &hand_ons[index];
}
