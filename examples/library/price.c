/* tinynas as a library: the price of a network on a part, and how far the latency model is from
 * published measurements.
 *
 *   cc -o price price.c $(pkg-config --cflags --libs tinynas)
 *   ./price mcunet-in1 stm32h743 tinyengine [measurements.csv] */
#include <math.h>
#include <stdio.h>
#include <tinynas/tinynas.h>

static int fail(tinynas_status status)
{
    fprintf(stderr, "price: %s\n", tinynas_error());
    return (int)status;
}

int main(int argc, char **argv)
{
    tinynas_price price;
    tinynas_agreement agreement;
    tinynas_status status;

    if (argc < 4) {
        fprintf(stderr, "usage: price MODEL MCU RUNTIME [measurements.csv]\n");
        return TINYNAS_USAGE;
    }
    status = tinynas_estimate(argv[1], argv[2], argv[3], NULL, &price);
    if (status != TINYNAS_OK)
        return fail(status);
    printf("tinynas %s: %s on %s: flash %zu bytes, SRAM %zu bytes, %s\n", tinynas_version(),
           argv[1], argv[2], price.flash_bytes, price.sram_bytes,
           price.fits ? "fits" : "does not fit");
    if (!isnan(price.latency_ms))
        printf("latency %.1f ms, 90 %% within %.1f .. %.1f (%s)\n", price.latency_ms,
               price.latency_low_ms, price.latency_high_ms, price.latency_source);
    if (argc < 5)
        return 0;
    status = tinynas_compare(argv[2], argv[3], argv[4], NULL, &agreement);
    if (status != TINYNAS_OK)
        return fail(status);
    printf("%d rows, mean error %.1f %%, %d of them never seen by the model\n", agreement.rows,
           100 * agreement.mean_error, agreement.held_out_rows);
    return 0;
}
