/* Pieces of the DSP kernels against plain C and exact integers. */
#include "common/rng.h"
#include "runtime/dsp/tnrt_requant_dsp.h"
#include "tests/testing.h"

/* ---- Requantisation ------------------------------------------------------------------------- */

static int8_t plain_requantize(int32_t acc, int32_t multiplier, int32_t right_shift, int out_zero)
{
    const tnrt_layer layer = {.act_min = -128, .act_max = 127};
    return tnrt_activate(&layer, tnrt_rescale(acc, multiplier, -right_shift) + out_zero);
}

static void check_requantize(int32_t acc, int32_t multiplier, int32_t right_shift, int out_zero)
{
    const tnrt_layer layer = {.out_zero = (int8_t)out_zero};
    const int32_t rounding = tnrt_rounding_dsp(tnrt_out_bias_dsp(&layer), right_shift - 1);
    const int8_t fast = tnrt_requantize_dsp(2 * acc, multiplier, rounding, right_shift - 1);
    const int8_t plain = plain_requantize(acc, multiplier, right_shift, out_zero);
    ck_assert_msg(fast == plain, "%d * %d >> %d + %d is %d, plain C says %d", acc, multiplier,
                  right_shift, out_zero, fast, plain);
}

static const int32_t multipliers[] = {0, 1 << 30, (1 << 30) + 1, 0x60000000, INT32_MAX};
static const int out_zeros[] = {-128, -127, -1, 0, 1, 127};
enum {
    MULTIPLIER_COUNT = sizeof multipliers / sizeof multipliers[0],
    OUT_ZERO_COUNT = sizeof out_zeros / sizeof out_zeros[0],
    ACC_MAX = (1 << 30) - 1,
};

/* Every small accumulator, and those whose scaled value lies at a tie or next to one. */
START_TEST(fast_requantisation_is_plain_requantisation_at_ties_and_ends)
{
    const int32_t right_shift = _i;
    for (int m = 0; m < MULTIPLIER_COUNT; m++)
        for (int z = 0; z < OUT_ZERO_COUNT; z++) {
            for (int32_t acc = -300; acc <= 300; acc++)
                check_requantize(acc, multipliers[m], right_shift, out_zeros[z]);
            for (int64_t tie = -260; tie <= 260; tie++)
                for (int off = -2; off <= 2; off++) {
                    const int64_t acc = tie * ((int64_t)1 << right_shift) + off;
                    if (acc >= -ACC_MAX && acc <= ACC_MAX)
                        check_requantize((int32_t)acc, multipliers[m], right_shift, out_zeros[z]);
                }
            check_requantize(ACC_MAX, multipliers[m], right_shift, out_zeros[z]);
            check_requantize(-ACC_MAX, multipliers[m], right_shift, out_zeros[z]);
        }
}
END_TEST

START_TEST(fast_requantisation_is_plain_requantisation_of_random_accumulators)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    for (int i = 0; i < 20000; i++) {
        const int bits = 1 + (int)tnas_rng_below(&rng, 30);
        const int32_t magnitude = (int32_t)tnas_rng_below(&rng, (uint32_t)1 << bits);
        const int32_t acc = tnas_rng_below(&rng, 2) == 0 ? magnitude : -magnitude;
        const int32_t multiplier = (1 << 30) + (int32_t)tnas_rng_below(&rng, (uint32_t)1 << 30);
        check_requantize(acc, multiplier, 1 + (int)tnas_rng_below(&rng, TNRT_SHIFT_MAX_DSP + 1),
                         (int)tnas_rng_below(&rng, 256) - 128);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("dsp");
    TCase *const tc = tcase_create("requantisation");
    tcase_add_loop_test(tc, fast_requantisation_is_plain_requantisation_at_ties_and_ends, 1,
                        TNRT_SHIFT_MAX_DSP + 2);
    tcase_add_loop_test(tc, fast_requantisation_is_plain_requantisation_of_random_accumulators, 0,
                        10);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
