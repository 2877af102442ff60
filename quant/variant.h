/* A variant of our own runtime: a target of graph/ with what the host needs to make and run its
 * layer tables. The plain C variant is the meaning; the others give the same bytes on every
 * input, on their own processors and, through portable code behind the same names, on the host. */
#ifndef TNAS_QUANT_VARIANT_H
#define TNAS_QUANT_VARIANT_H

#include "graph/model.h"
#include "graph/target.h"
#include "runtime/tnrt.h"

typedef struct tnas_variant {
    const tnas_target *target;
    tnrt_kernel *const *kernels; /* [target->kernel_count], by catalogue index */

    /* Writes the constants of operator `op`, in a step of `kernel`: weights and params are zeroed
     * and have the target's packed_bytes. The model is int8 and complete (tnas_image_build has
     * looked). Fails on constants that the kernel cannot hold. */
    tnas_status (*pack)(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params);

    /* Of its kernels below runtime/, which FOLDER/tnrt_FOLDER_kernels.h lists; NULL: only plain C
     * ones. */
    const char *folder;
} tnas_variant;

extern const tnas_variant tnas_variant_c, tnas_variant_dsp, tnas_variant_mve,
    tnas_variant_gap8; /* of tnas_target_tinynas_c ... */

/* All of them, plain C first: 0 <= index < count. */
int tnas_variant_count(void);
const tnas_variant *tnas_variant_at(int index);

/* NULL: the target is not ours. */
const tnas_variant *tnas_variant_of(const tnas_target *target);

/* What packers share. ---------------------------------------------------------------------- */

/* Per output channel of an operator with filters: bias with the input's zero point folded in
 * (bias - zp * sum(w)), and real = in * weight / out scale as a multiplier and a shift (quant/
 * convert.h). Fails when the folded bias does not fit 32 bits. */
tnas_status tnas_pack_channel(const tnas_model *model, int op, int channel, int32_t *bias,
                              int32_t *multiplier, int8_t *shift);

/* The fused activation of an operator as quantised output values. */
void tnas_pack_activation(const tnas_model *model, int op, int8_t *min, int8_t *max);

/* The multipliers and shifts of a sum: first operand, second operand, output; of ADD. */
void tnas_pack_sum(double scale, double scale2, double out_scale, int32_t multiplier[3],
                   int8_t shift[3]);
void tnas_pack_add(const tnas_model *model, int op, int32_t multiplier[3], int8_t shift[3]);

#endif
