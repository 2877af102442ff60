#!/bin/sh
# Instructions of our kernels on an emulated Cortex-M7 (QEMU mps2-an500), those of the vector kernels
# on an emulated Cortex-M55 (mps3-an547), layer by layer and for whole networks, with those of
# CMSIS-NN: the shape of our own latency models.
#   scripts/count_instructions.sh OUT.csv
# Columns are those of docs/measurements.md; `cycles` are instructions. CMSIS-NN's were counted on the
# same board: revision 99f736a inside TensorFlow Lite for Microcontrollers, gcc 12.2 -O2.
set -eu
export LC_ALL=C

[ $# = 1 ] || { echo "usage: scripts/count_instructions.sh OUT.csv" >&2; exit 2; }
networks="mcunet-vww1 mcunet-in0 pretrainedResnet_quant kws_ref_model vww_96_int8 ad01_int8
          mbv2-w0.3-r64 proxyless-w0.25-r112"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count NAME RUNTIME [MODEL...]: without models, the single layers.
count()
{
    name=$1
    runtime=$2
    shift 2
    ./tinynas measure "$@" --mcu stm32h743 --runtime "$runtime" --quiet --out "$work/$name" >/dev/null
    if [ "$runtime" = tinynas-mve ]; then
        run_on_cortex_m55 "$work/$name" >"$work/$name.csv"
    else
        make -s -C "$work/$name" run >"$work/$name.csv"
    fi
    sed -e '2,$!d' -e "s/,STM32H743,/,$core,/; s/,480,/,1,/" "$work/$name.csv"
}

# run_on_cortex_m55 FOLDER: with that board's counter and memories.
run_on_cortex_m55()
{
    cp tests/emulated/measure_port_an547.c "$1/measure_port_emulated.c"
    cp tests/emulated/mps3_an547.ld "$1/emulated/link.ld"
    make -s -C "$1" build/measure.elf EMULATED_FLAGS="$(sh scripts/device_core.sh cortex-m55 flags)"
    timeout 600 qemu-system-arm -M "$(sh scripts/device_core.sh cortex-m55 board)" -nographic -monitor none \
        -serial none -chardev stdio,id=console \
        -semihosting-config enable=on,target=native,chardev=console -icount shift=0 \
        -kernel "$1/build/measure.elf" </dev/null
}

{
    echo "model,mcu,runtime,runtime_version,clock_mhz,layer,op,in_h,in_w,in_c,out_h,out_w,out_c,kernel,cycles"
    while read -r model instructions; do
        echo "$model,Cortex-M7 in QEMU,TFLM CMSIS-NN,99f736a,1,network,,,,,,,,,$instructions"
    done <<END
pretrainedResnet_quant 29623948
kws_ref_model 7730067
vww_96_int8 24378162
ad01_int8 582633
mcunet-vww1 48230717
END
    for runtime in tinynas-dsp tinynas-c tinynas-mve; do
        core="Cortex-M7 in QEMU"
        [ "$runtime" != tinynas-mve ] || core="Cortex-M55 in QEMU"
        count "$runtime-layers" "$runtime"
        # shellcheck disable=SC2086
        count "$runtime-networks" "$runtime" $networks
    done
} >"$work/counts.csv"
cp "$work/counts.csv" "$1.new" && mv "$1.new" "$1"
echo "$1: $(($(wc -l <"$1") - 1)) rows"
