# SPDX-License-Identifier: 0BSD
# What the boards' Makefiles share. They set BOARD, CORE_FLAGS, FLASH_WITH; the user sets
#
#   EXPORT=DIR    a folder of `tinynas export --as c`: its test vectors and the time of an inference
#   MEASURE=DIR   or a folder of `tinynas measure`: the time of every network and layer
#
# Everything is built in build/ below the board's folder (OUT=DIR elsewhere).

CROSS ?= arm-none-eabi-
OUT   ?= build
# Stands in the CSV, so that calibrate knows which kernels were timed.
RUNTIME_VERSION ?= $(lastword $(shell tinynas --version 2>/dev/null))

COMMON   := ../common
WARNINGS := -std=c99 -pedantic -Wall -Wextra -Werror
SOURCES  := board.c $(COMMON)/start.c $(COMMON)/console.c $(BOARD_SOURCES)

ifneq ($(EXPORT),)
# The kernels are compiled as those whose code sizes were measured: the export says how.
KERNEL_FLAGS := $(shell sed -n 's/^DEVICE_FLAGS *= *//p' $(EXPORT)/Makefile)
NAME    := $(patsubst %_vectors.h,%,$(notdir $(wildcard $(EXPORT)/*_vectors.h)))
UPPER   := $(shell printf %s '$(NAME)' | tr a-z A-Z)
SOURCES += $(COMMON)/time_export.c
INCLUDES := -I$(EXPORT) -I$(EXPORT)/src
DEFINES := -DMODEL_NAME='"$(NAME)"' -DMODEL_HEADER='"$(NAME).h"' -DMODEL_VECTORS='"$(NAME)_vectors.h"' \
           -DMODEL_LOWER=$(NAME) -DMODEL_UPPER=$(UPPER) -DRUNTIME_VERSION='"$(RUNTIME_VERSION)"'
KERNELS := $(wildcard $(EXPORT)/src/*.c $(EXPORT)/src/runtime/*.c $(EXPORT)/src/runtime/*/*.c)
else ifneq ($(MEASURE),)
NAME    := measure
SOURCES += $(COMMON)/time_layers.c
INCLUDES := -I$(MEASURE) -I$(MEASURE)/runtime
LIBRARY := $(MEASURE)/build/libmeasure.a
else ifneq ($(MAKECMDGOALS),clean)
$(error Give EXPORT=DIR, a folder of "tinynas export --as c", or MEASURE=DIR, one of "tinynas measure")
endif
ifeq ($(NAME)$(filter clean,$(MAKECMDGOALS)),)
$(error $(EXPORT) is no folder of "tinynas export --as c")
endif

OBJECTS := $(patsubst %.c,$(OUT)/board/%.o,$(notdir $(SOURCES))) \
           $(patsubst $(EXPORT)/%.c,$(OUT)/kernels/%.o,$(KERNELS))
vpath %.c . $(COMMON)

.PHONY: all size flash clean
all: $(OUT)/$(NAME).elf $(OUT)/$(NAME).bin size

$(OUT)/$(NAME).elf: $(OBJECTS) $(LIBRARY) link.ld
	@echo "  LD   $@"
	@$(CROSS)gcc $(CORE_FLAGS) -nostdlib -Wl,--gc-sections -Wl,--fatal-warnings -Wl,-Map=$(OUT)/$(NAME).map \
	    -T link.ld $(OBJECTS) $(LIBRARY) -lgcc -o $@

$(OUT)/$(NAME).bin: $(OUT)/$(NAME).elf
	@$(CROSS)objcopy -O binary $< $@

# What objects depend on beside their source: another export in the same OUT compiles them again.
SETTINGS := $(BOARD) $(EXPORT) $(MEASURE) $(NAME) $(RUNTIME_VERSION) $(EMULATED_MHZ)
.PHONY: always
$(OUT)/settings: always
	@mkdir -p $(@D)
	@echo "$(SETTINGS)" | cmp -s - $@ || echo "$(SETTINGS)" > $@

$(OBJECTS): $(OUT)/settings

$(OUT)/board/%.o: %.c $(COMMON)/board.h
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CROSS)gcc $(CORE_FLAGS) $(WARNINGS) -O2 -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns \
	    -I. -I$(COMMON) $(INCLUDES) $(DEFINES) -c $< -o $@

$(OUT)/kernels/%.o: $(EXPORT)/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CROSS)gcc $(KERNEL_FLAGS) -I$(EXPORT)/src -c $< -o $@

$(MEASURE)/build/libmeasure.a:
	@$(MAKE) -s -C $(MEASURE) library CROSS=$(CROSS)

size: $(OUT)/$(NAME).elf
	@$(CROSS)size -A $< | grep -E '^(\.(vectors|text|rodata|data|bss|arena|stack)|section)'

flash: $(OUT)/$(NAME).bin
	$(FLASH_WITH)

clean:
	rm -rf $(OUT)
