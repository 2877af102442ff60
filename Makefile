# tinynas: one non-recursive makefile. `make help` lists the targets.
#
#   MODE    release (default), asan (address + undefined behaviour), tsan, debug, fuzz
#   CC      gcc (default) or clang
#   SHARED  folder of shared data sets, models and board measurements; tests and benchmarks
#           that need it say that they skip when it is not there
#   CFLAGS  the user's own, last on every command line
#   PREFIX  where make install puts things (/usr/local), LIBDIR the library (PREFIX/lib), below
#           DESTDIR when that is given
#   TESTS   test programs that make test and make asan run, without test_ (TESTS="store cli"); all
#   V       V=1 prints whole command lines
#
# Objects live in build/<compiler>-<mode>/, so modes never mix.

# make's own rules would try to link the dependency files.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

MODE   ?= release
SHARED ?= ../shared
BUILD  ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
export SHARED

ifeq ($(origin CC),default)
CC := gcc
endif

Q := $(if $(V),,@)
SAY = $(if $(V),,@echo "  $(1)")

OUT := $(BUILD)/$(notdir $(CC))-$(MODE)

# Folders by level; scripts/layers.sh knows the same order and `make layers` checks includes.
RUNTIME_DIRS := runtime $(patsubst %/,%,$(wildcard runtime/*/))
DIRS := common $(RUNTIME_DIRS) graph data nn search_space estimators quant supernet trainer nas export \
        study cli api

PKGS := openblas libcjson sqlite3 libarchive libturbojpeg libpng sndfile
# Those without a pkg-config file.
PLAIN_LIBS := -lcsv -lpthread -lm
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla
# No fast-math and no contraction of a * b + c: one machine, one result, whatever the compiler
# does with a line. The training kernels ask for fused multiply-adds where they want them.
BASE := -std=c11 -D_GNU_SOURCE -DTNRT_GAP8_THREADS -I. -Iinclude $(WARNINGS) -g -ffp-contract=off
MODE_release := -O2
MODE_debug   := -O0
MODE_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
MODE_tsan    := -O1 -fsanitize=thread
MODE_fuzz    := $(MODE_asan) -fsanitize=fuzzer-no-link
ALL_CFLAGS   = $(BASE) $(MODE_$(MODE)) $(PKG_CFLAGS) $(CFLAGS)
LIBS         = $(PKG_LIBS) $(PLAIN_LIBS)

ARCH := $(shell uname -m)

# The host's kernels, for training and for int8 networks, are compiled once per instruction set and
# chosen at run time.
ifeq ($(ARCH),x86_64)
ISAS := v2 v3 v4
endif
ISA_FLAGS_v2 := -march=x86-64-v2
ISA_FLAGS_v3 := -march=x86-64-v3
ISA_FLAGS_v4 := -march=x86-64-v4 -mprefer-vector-width=512
ISAS += generic
ISA_SOURCES := nn/kernels.c quant/host_kernels.c

SOURCES := $(filter-out $(ISA_SOURCES) cli/main.c,$(wildcard $(addsuffix /*.c,$(DIRS))))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(ISAS:%=$(OUT)/nn/kernels_%.o) $(ISAS:%=$(OUT)/quant/host_kernels_%.o) \
           $(OUT)/export/embedded.o
LIBRARY := $(OUT)/libtinynas.a
PROGRAM := $(OUT)/tinynas

FORMATTED := $(wildcard $(addsuffix /*.[ch],$(DIRS) tests tests/gap8 tests/oracle tools tools/recipes tools/reference bench include/tinynas \
                        tests/emulated examples/library examples/keyword-spotting examples/sensor examples/boards/*))

TOOLS := $(patsubst %.c,$(OUT)/%,$(wildcard tools/*.c bench/*.c))

RECIPES := $(OUT)/librecipes.a
RECIPE_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tools/recipes/*.c))

REFERENCE := $(OUT)/libreference.a
REFERENCE_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tools/reference/*.c))

TEST_SOURCES  := $(wildcard tests/test_*.c)
TEST_HELPERS  := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(TEST_SOURCES),$(wildcard tests/*.c)))
TEST_LIBRARY  := $(OUT)/libtesting.a
TEST_PROGRAMS := $(TEST_SOURCES:%.c=$(OUT)/%)
CHECK_LIBS     = $(shell pkg-config --libs check fftw3 2>/dev/null)

## all: build ./tinynas (the default)
.PHONY: all
all: tinynas

tinynas: $(PROGRAM)
	@cp $(PROGRAM) $@.new && mv $@.new $@

$(PROGRAM): $(OUT)/cli/main.o $(LIBRARY)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(call SAY,AR   $@)
	$(Q)ar rcs $@ $(OBJECTS)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(call SAY,CC   $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Loops over test sets, maps and weights get the full optimiser.
$(OUT)/runtime/%.o $(OUT)/nn/%.o $(OUT)/trainer/%.o: MODE_release := -O3

$(OUT)/nn/kernels_%.o: nn/kernels.c
	@mkdir -p $(@D)
	$(call SAY,CC   $<)
	$(Q)$(CC) $(ALL_CFLAGS) -ffp-contract=fast $(ISA_FLAGS_$*) \
	    -DTNAS_ISA=$* -MMD -MP -c $< -o $@

$(OUT)/quant/host_kernels_%.o: quant/host_kernels.c
	@mkdir -p $(@D)
	$(call SAY,CC   $<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ISA_FLAGS_$*) -DTNAS_ISA=$* -MMD -MP -c $< -o $@

# The page of `tinynas report`: ours, and a plotting library from its Debian package.
CHART_JS      ?= /usr/share/javascript/chart.js/chart.min.js
CHART_LICENCE ?= /usr/share/doc/libjs-chart.js/copyright
$(CHART_JS) $(CHART_LICENCE):
	@echo "$@ is missing: sh scripts/setup.sh build installs libjs-chart.js" >&2; exit 1
REPORT_PAGE := $(OUT)/report/page.html
$(REPORT_PAGE): scripts/report_page.sh $(wildcard report/*) $(CHART_JS) $(CHART_LICENCE)
	@mkdir -p $(@D)
	$(Q)sh scripts/report_page.sh $(CHART_JS) $(CHART_LICENCE) > $@.new && mv $@.new $@

# The runtime's sources, the templates of an export and that page travel inside the program.
EMBEDDED := $(wildcard $(RUNTIME_DIRS:%=%/*.[ch]) export/templates/*)
$(OUT)/export/embedded.c: scripts/embed.sh $(EMBEDDED) $(REPORT_PAGE)
	@mkdir -p $(@D)
	$(Q)sh scripts/embed.sh $(EMBEDDED) report/page.html=$(REPORT_PAGE) > $@.new && mv $@.new $@
$(OUT)/export/embedded.o: $(OUT)/export/embedded.c
	$(call SAY,CC   $<)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

# The boards' start-up code, on simulated registers.
$(OUT)/tests/simulated_%.o: BASE += -Iexamples/boards/common

$(TEST_LIBRARY): $(TEST_HELPERS)
	@rm -f $@
	$(call SAY,AR   $@)
	$(Q)ar rcs $@ $(TEST_HELPERS)

# Which measurements the shipped profiles come from: for tools and their tests.
$(RECIPES): $(RECIPE_OBJECTS)
	@rm -f $@
	$(call SAY,AR   $@)
	$(Q)ar rcs $@ $(RECIPE_OBJECTS)

# Documents printed from the tables in the code, likewise.
$(REFERENCE): $(REFERENCE_OBJECTS)
	@rm -f $@
	$(call SAY,AR   $@)
	$(Q)ar rcs $@ $(REFERENCE_OBJECTS)

$(TEST_PROGRAMS): $(OUT)/%: %.c $(TEST_LIBRARY) $(RECIPES) $(REFERENCE) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $< $(TEST_LIBRARY) $(RECIPES) $(REFERENCE) $(LIBRARY) -o $@ $(CHECK_LIBS) $(LIBS)

# TensorFlow Lite beside the runtime.
ORACLE := $(OUT)/tests/oracle/oracle_tflite
$(ORACLE): $(wildcard tests/oracle/*.c tests/oracle/*.h) $(TEST_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c,$^) $(TEST_LIBRARY) $(LIBRARY) -o $@ $(CHECK_LIBS) $(LIBS) -ldl

$(TOOLS): $(OUT)/%: %.c $(RECIPES) $(REFERENCE) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) $< $(RECIPES) $(REFERENCE) $(LIBRARY) -o $@ $(LIBS)

-include $(OBJECTS:.o=.d) $(RECIPE_OBJECTS:.o=.d) $(REFERENCE_OBJECTS:.o=.d) $(TEST_HELPERS:.o=.d) $(OUT)/cli/main.d $(TEST_PROGRAMS:=.d)

## quickstart: install what is missing, then the whole way on built-in data in three minutes
.PHONY: quickstart
quickstart:
	@sh scripts/setup.sh build
	@$(MAKE) --no-print-directory all
	@sh examples/quickstart/run.sh

## test: every test of the host, in under ten minutes (installs what is missing)
.PHONY: test
test:
	@sh scripts/setup.sh build test
	@$(MAKE) --no-print-directory run-tests

.PHONY: run-tests
RUN_PROGRAMS = $(if $(TESTS),$(TESTS:%=$(OUT)/tests/test_%),$(TEST_PROGRAMS))
run-tests: all $(RUN_PROGRAMS)
	@TINYNAS=$(PROGRAM) sh scripts/run_tests.sh $(RUN_PROGRAMS)

## asan: the tests under AddressSanitizer and UndefinedBehaviorSanitizer
.PHONY: asan
asan:
	@sh scripts/setup.sh build test
	@CK_FORK=no CK_TIMEOUT_MULTIPLIER=10 OPENBLAS_NUM_THREADS=1 \
	    $(MAKE) --no-print-directory MODE=asan run-tests

# Readers depend on these folders alone.
FUZZ_DIRS    := common $(RUNTIME_DIRS) graph data search_space estimators quant
FUZZ_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(ISA_SOURCES),$(wildcard $(addsuffix /*.c,$(FUZZ_DIRS))))) \
                $(ISAS:%=$(OUT)/quant/host_kernels_%.o)
FUZZERS      := $(patsubst %.c,$(OUT)/%,$(wildcard fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

## fuzz: the readers of .tflite, CSV, JSON files and data sets against a minute of hostile files each
.PHONY: fuzz
fuzz:
	@sh scripts/setup.sh build test
	@$(MAKE) --no-print-directory CC=clang MODE=fuzz fuzzers
	@sh scripts/fuzz.sh $(BUILD)/clang-fuzz $(FUZZ_SECONDS)

.PHONY: fuzzers
fuzzers: $(FUZZERS) $(OUT)/fuzz/write_seeds $(OUT)/fuzz/write_data_seeds

$(FUZZERS): $(OUT)/fuzz/%: fuzz/%.c $(OUT)/fuzz/memory_file.o $(FUZZ_OBJECTS)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $^ -o $@ $(LIBS)

$(OUT)/fuzz/write_seeds: fuzz/write_seeds.c $(OUT)/tests/tflite_writer.o $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

$(OUT)/fuzz/write_data_seeds: fuzz/write_data_seeds.c $(OUT)/tests/picture_writer.o $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(call SAY,LD   $@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

## test-device: exported winners on an emulated Cortex-M7 and M4, every byte against the host
.PHONY: test-device
test-device:
	@sh scripts/setup.sh build device
	@$(MAKE) --no-print-directory all
	@sh scripts/test_device.sh

## test-riscv: exports and GAP8's packed instructions on an emulated RV32IMC core
RISCV_TESTS := $(OUT)/tests/test_export_boards $(OUT)/tests/test_gap8_device
.PHONY: test-riscv
test-riscv:
	@sh scripts/setup.sh build test device
	@$(MAKE) --no-print-directory all $(RISCV_TESTS)
	@TINYNAS=$(PROGRAM) sh scripts/run_tests.sh $(RISCV_TESTS)

## test-boards: examples/boards with an export of each part, and on an emulated Cortex-M7
.PHONY: test-boards
test-boards:
	@sh scripts/setup.sh build device
	@$(MAKE) --no-print-directory all
	@sh scripts/test_boards.sh

## test-docs: every command that a document shows, on stand-in data with little work
.PHONY: test-docs
test-docs:
	@sh scripts/setup.sh build test device
	@$(MAKE) --no-print-directory all
	@sh scripts/test_docs.sh

## test-examples: the scripts of examples/ with little work
.PHONY: test-examples
test-examples:
	@sh scripts/setup.sh build
	@$(MAKE) --no-print-directory all
	@sh scripts/test_examples.sh

## test-report: a report in a headless Chromium, clicked and typed at; skips where there is none
.PHONY: test-report bench-report report-pages
report-pages:
	@sh scripts/setup.sh build test
	@sh scripts/setup.sh browser || true # without it the script says that it skips
	@$(MAKE) --no-print-directory all $(OUT)/tests/test_report
	@rm -rf $(OUT)/report/pages && mkdir -p $(OUT)/report/pages
	@TINYNAS=$(PROGRAM) TINYNAS_HOME=. REPORT_PAGES=$(OUT)/report/pages $(OUT)/tests/test_report
test-report: report-pages
	@sh scripts/test_report.sh $(OUT)/report/pages
## bench-report: how long a report of 3,000 candidates takes to open, and its bytes: below 2 s and 3 MiB
bench-report: report-pages
	@sh scripts/test_report.sh $(OUT)/report/pages opens

## test-tflite: layers and networks beside the TensorFlow Lite C library, which npm delivers
.PHONY: test-tflite
test-tflite:
	@sh scripts/setup.sh build test
	@sh scripts/setup.sh oracle || true # it says what it skips
	@$(MAKE) --no-print-directory all $(ORACLE)
	@TINYNAS=$(PROGRAM) TINYNAS_HOME=. sh scripts/test_tflite.sh $(ORACLE) $(BUILD)/tflite

## test-mve: the vector kernels on an emulated Cortex-M55, every byte against plain C and the host
.PHONY: test-mve
test-mve:
	@sh scripts/setup.sh build device
	@$(MAKE) --no-print-directory all
	@sh scripts/test_mve.sh

## test-aarch64: the training engine's and the int8 kernels' tests on an emulated aarch64
.PHONY: test-aarch64
test-aarch64:
	@sh scripts/setup.sh aarch64 || true # without a compiler it skips
	@sh scripts/test_aarch64.sh

## codesize: measure the runtime's code and stack bytes for every core, write configs/codesize/
.PHONY: codesize
codesize:
	@sh scripts/setup.sh device
	@sh scripts/codesize.sh configs/codesize

## bench-device: instructions, arena and code of exports on an emulated Cortex-M7, beside the peers'
.PHONY: bench-device
bench-device:
	@sh scripts/setup.sh build device
	@$(MAKE) --no-print-directory all
	@sh scripts/bench_device.sh

## profiles: count our kernels' instructions and fit the latency models of configs/mcus again
.PHONY: profiles
profiles: all $(OUT)/tools/published_nets $(OUT)/tools/fit_profiles
	@sh scripts/setup.sh device
	sh scripts/count_instructions.sh tools/recipes/counts_cortex_m7.csv
	$(OUT)/tools/published_nets configs/graphs
	TINYNAS_HOME=. $(OUT)/tools/fit_profiles configs/mcus

## results-latency: held-out errors and coverage of the latency models, MACs alone beside them
.PHONY: results-latency
results-latency: $(OUT)/tools/results_latency
	@TINYNAS_HOME=. $(OUT)/tools/results_latency

## bench-train: training speed beside PyTorch's, and of the kernels, in about 17 minutes
.PHONY: bench-train
bench-train:
	@sh scripts/setup.sh build
	@sh scripts/setup.sh bench || true # without torch it prints our figures
	@$(MAKE) --no-print-directory $(OUT)/bench/bench_train $(OUT)/bench/bench_kernels
	@sh scripts/bench_train.sh $(OUT)

## bench-estimate: architectures that one thread prices per second, in ten seconds
.PHONY: bench-estimate
bench-estimate: $(OUT)/bench/bench_estimate
	@TINYNAS_HOME=. $(OUT)/bench/bench_estimate

## bench-space: the first stage over 108 spaces of 1000 networks, in seconds on two processors
.PHONY: bench-space
bench-space: $(OUT)/bench/bench_space
	@TINYNAS_HOME=. $(OUT)/bench/bench_space

## bench-int8: multiply-accumulates a second of the int8 kernels, plain C and the host's vectors
.PHONY: bench-int8
bench-int8: $(OUT)/bench/bench_int8
	@TINYNAS_HOME=. $(OUT)/bench/bench_int8

# Both keep a supernet, and what its networks are worth, in build/search.
SEARCH_DATA ?= $(SHARED)/data/fashion-mnist

## bench-search: 3,000 candidates on Fashion-MNIST with a trained supernet, and where the time goes
.PHONY: bench-search
bench-search: $(OUT)/bench/bench_search
	@TINYNAS_HOME=. $(OUT)/bench/bench_search $(SEARCH_DATA) $(BUILD)/search

## results-search: strategies at equal numbers of evaluations, five seeds; what cheap scores say
.PHONY: results-search
results-search: $(OUT)/tools/results_search
	@TINYNAS_HOME=. $(OUT)/tools/results_search $(SEARCH_DATA) $(BUILD)/search >$(OUT)/results_search.md
	@sh scripts/replace_section.sh docs/search.md results-search <$(OUT)/results_search.md

## results-ranking: does a supernet rank networks as training them would? Fashion-MNIST, about 20 minutes
.PHONY: results-ranking
results-ranking: $(OUT)/tools/results_ranking
	@mkdir -p $(BUILD)/ranking
	@TINYNAS_HOME=. $(OUT)/tools/results_ranking $(SHARED)/data/fashion-mnist $(BUILD)/ranking 24 4 >$(BUILD)/ranking/table.md
	@sh scripts/replace_section.sh docs/search.md results-ranking <$(BUILD)/ranking/table.md

## results-space: the first stage beside the published figures; writes the tables of docs/stage1.md
.PHONY: results-space
results-space: $(OUT)/tools/results_space
	@TINYNAS_HOME=. $(OUT)/tools/results_space > $(OUT)/results_space.md
	@sh scripts/replace_section.sh docs/stage1.md results-space < $(OUT)/results_space.md
	@cat $(OUT)/results_space.md

## results-supernet: supernet recipes at equal time, on Fashion-MNIST, into docs/supernet.md (half an hour)
.PHONY: results-supernet
results-supernet: $(OUT)/tools/results_supernet
	@TINYNAS_HOME=. $(OUT)/tools/results_supernet $(SHARED)/data/fashion-mnist 240 2 uniform sandwich \
	    mcunet progressive >$(OUT)/results_supernet.md
	@sh scripts/replace_section.sh docs/supernet.md results-supernet < $(OUT)/results_supernet.md
	@cat $(OUT)/results_supernet.md

## results-fashion-mnist: within 64 KiB, and within 24 KiB of flash, found and drawn by hand, into docs/results.md (under an hour)
.PHONY: results-fashion-mnist
results-fashion-mnist: $(PROGRAM)
	@sh scripts/setup.sh docs
	@TINYNAS_HOME=. sh scripts/results_task.sh $(PROGRAM) fashion-mnist $(SHARED)/data/fashion-mnist \
	    $(BUILD)/results/fashion-mnist mbv2-28-w0.09
	@sh scripts/replace_section.sh docs/results.md results-fashion-mnist <$(BUILD)/results/fashion-mnist/table.md
	@TINYNAS_HOME=. sh scripts/results_task.sh $(PROGRAM) fashion-mnist-tiny $(SHARED)/data/fashion-mnist \
	    $(BUILD)/results/fashion-mnist-tiny hand-28-11k mbv2-28-w0.02
	@sh scripts/replace_section.sh docs/results.md results-fashion-mnist-tiny \
	    <$(BUILD)/results/fashion-mnist-tiny/table.md
	@TINYNAS_HOME=. sh scripts/plot_front.sh $(PROGRAM) $(BUILD)/results/fashion-mnist/study \
	    docs/images/front-fashion-mnist.png "Fashion-MNIST, stm32f446"

## results-cifar10: found, and MLPerf Tiny's ResNet-8, on 20,000 of CIFAR-10's images, into docs/results.md (under an hour)
.PHONY: results-cifar10
results-cifar10: $(PROGRAM)
	@sh scripts/setup.sh docs
	@MCUS="stm32h743 stm32f746" TINYNAS_HOME=. sh scripts/results_task.sh $(PROGRAM) cifar10 $(SHARED)/data/cifar10 \
	    $(BUILD)/results/cifar10 pretrainedResnet_quant
	@sh scripts/replace_section.sh docs/results.md results-cifar10 <$(BUILD)/results/cifar10/table.md
	@TINYNAS_HOME=. sh scripts/plot_front.sh $(PROGRAM) $(BUILD)/results/cifar10/study \
	    docs/images/front-cifar10.png "CIFAR-10, stm32h743"

## results-har: human activity from a phone's sensors, found and drawn by hand, into docs/results.md (about 10 minutes)
.PHONY: results-har
results-har: $(PROGRAM)
	@METRIC=macro-f1 TINYNAS_HOME=. sh scripts/results_task.sh $(PROGRAM) har \
	    $(SHARED)/data/har-inertial/har-s01-s18.tar.xz $(BUILD)/results/har ds-cnn-100x1 hand-100x1-23k
	@sh scripts/replace_section.sh docs/results.md results-har <$(BUILD)/results/har/table.md

## results-spoken-digits: spoken digits, standard split, then each speaker left out, into docs/results.md (under an hour)
.PHONY: results-spoken-digits
results-spoken-digits: $(PROGRAM)
	@TINYNAS_HOME=. sh scripts/results_task.sh $(PROGRAM) spoken-digits $(DIGITS) $(BUILD)/results/digits \
	    ds-cnn-40x32 hand-40x32-22k
	@sh scripts/replace_section.sh docs/results.md results-spoken-digits <$(BUILD)/results/digits/table.md
	@TINYNAS_HOME=. sh scripts/results_speakers.sh $(PROGRAM) $(DIGITS) $(BUILD)/results/speakers
	@sh scripts/replace_section.sh docs/results.md results-speakers <$(BUILD)/results/speakers/table.md

DIGITS = $(SHARED)/data/free-spoken-digits/recordings.tar.gz

## results-memory: bytes of other runtimes, published and priced, and their coefficients fitted again
.PHONY: results-memory
results-memory: $(OUT)/tools/fit_memory
	@TINYNAS_HOME=. $(OUT)/tools/fit_memory $(SHARED)

## layers: no file includes a folder of its own level or above
.PHONY: layers
layers:
	@sh scripts/layers.sh

LINT ?= $(DIRS) tools tools/recipes tools/reference
LINTED = $(filter-out runtime/mve/% runtime/gap8/%,$(wildcard $(addsuffix /*.c,$(LINT))))

## lint: clang-tidy on every source file, in some ten minutes; LINT=cli for a folder
.PHONY: lint
lint:
	@sh scripts/setup.sh build lint
	@echo $(LINTED) | tr ' ' '\n' | xargs -P $$(nproc) -I FILE sh -c 'nice clang-tidy --quiet FILE -- $(BASE) -w $(PKG_CFLAGS) \
	    -DTNAS_ISA=generic >$(BUILD)/lint.$$$$ 2>/dev/null || cat $(BUILD)/lint.$$$$; \
	    ! grep -q error: $(BUILD)/lint.$$$$; found=$$?; rm -f $(BUILD)/lint.$$$$; exit $$found'
	@shellcheck -s sh -S error scripts/*.sh
	@echo "lint: nothing found in $(words $(LINTED)) files"

## format: clang-format on every source file
.PHONY: format
format:
	clang-format -i $(FORMATTED)

## check: what must be green before a push
.PHONY: check
check: layers
	@clang-format --dry-run -Werror $(FORMATTED)
	@$(MAKE) --no-print-directory CFLAGS=-Werror BUILD=$(BUILD)/werror all
	@$(MAKE) --no-print-directory CC=clang CFLAGS=-Werror BUILD=$(BUILD)/werror all
	@$(MAKE) --no-print-directory test

# Manual pages, completion and the pages of docs/reference, from the tables in the code.
REFERENCE_OUT := $(OUT)/reference
$(REFERENCE_OUT)/man1/tinynas.1: $(OUT)/tools/write_reference
	@$(OUT)/tools/write_reference $(REFERENCE_OUT)

## docs: write docs/reference/ again from the tables in the code
.PHONY: docs
docs: $(REFERENCE_OUT)/man1/tinynas.1
	@mkdir -p docs/reference
	cp $(REFERENCE_OUT)/pages/*.md docs/reference/

# The installed library finds the installed configuration whatever program it is part of.
INSTALLED := $(OUT)/installed
$(INSTALLED)/libtinynas.a: $(LIBRARY) common/paths.c always
	@mkdir -p $(@D)
	@cp $(LIBRARY) $@.new
	@$(CC) $(ALL_CFLAGS) -DTNAS_SHARE_DIR='"$(PREFIX)/share/tinynas"' -c common/paths.c -o $(@D)/paths.o
	@ar r $@.new $(@D)/paths.o && mv $@.new $@

VERSION = $(shell sed -n 's/^\#define TNAS_VERSION  *"\(.*\)"/\1/p' common/version.h)
$(INSTALLED)/tinynas.pc: always
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$${prefix}/include' '' 'Name: tinynas' \
	    'Description: neural architecture search for microcontrollers' 'Version: $(VERSION)' \
	    'Requires: $(PKGS)' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -ltinynas $(PLAIN_LIBS)' > $@

.PHONY: always
always:

SHARE := $(PREFIX)/share
# Folders that are ours alone, and single files in folders that are not.
INSTALLED_FOLDERS = $(SHARE)/tinynas $(SHARE)/doc/tinynas $(PREFIX)/include/tinynas
INSTALLED_FILES   = $(PREFIX)/bin/tinynas $(LIBDIR)/libtinynas.a $(LIBDIR)/pkgconfig/tinynas.pc \
    $(SHARE)/man/man1/tinynas.1 $(SHARE)/man/man1/tinynas-*.1 \
    $(SHARE)/bash-completion/completions/tinynas $(SHARE)/zsh/vendor-completions/_tinynas \
    $(SHARE)/fish/vendor_completions.d/tinynas.fish

## install: program, library, configuration, manuals, completion below PREFIX (/usr/local)
.PHONY: install
install: all $(REFERENCE_OUT)/man1/tinynas.1 $(INSTALLED)/libtinynas.a $(INSTALLED)/tinynas.pc
	install -d $(addprefix $(DESTDIR),$(INSTALLED_FOLDERS) $(sort $(dir $(INSTALLED_FILES))))
	install -m 755 tinynas $(DESTDIR)$(PREFIX)/bin/tinynas
	install -m 644 $(INSTALLED)/libtinynas.a $(DESTDIR)$(LIBDIR)/
	install -m 644 $(INSTALLED)/tinynas.pc $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 644 include/tinynas/tinynas.h $(DESTDIR)$(PREFIX)/include/tinynas/
	install -m 644 $(REFERENCE_OUT)/man1/*.1 $(DESTDIR)$(SHARE)/man/man1/
	install -m 644 $(REFERENCE_OUT)/completion/tinynas.bash $(DESTDIR)$(SHARE)/bash-completion/completions/tinynas
	install -m 644 $(REFERENCE_OUT)/completion/_tinynas $(DESTDIR)$(SHARE)/zsh/vendor-completions/
	install -m 644 $(REFERENCE_OUT)/completion/tinynas.fish $(DESTDIR)$(SHARE)/fish/vendor_completions.d/
	cp -R configs $(DESTDIR)$(SHARE)/tinynas/
	cp -R README.md CHANGELOG.md LICENSE docs examples $(DESTDIR)$(SHARE)/doc/tinynas/
	find $(DESTDIR)$(SHARE)/doc/tinynas/examples -type d \( -name build -o -name out \) -prune -exec rm -rf {} +

## uninstall: remove what make install put below PREFIX
.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED_FILES))
	rm -rf $(addprefix $(DESTDIR),$(INSTALLED_FOLDERS))

## deb: build/tinynas_VERSION_ARCH.deb and build/libtinynas-dev_VERSION_ARCH.deb
.PHONY: deb
deb:
	@sh scripts/setup.sh build package
	@sh scripts/deb.sh $(BUILD)

## test-install: install, use and uninstall below a scratch folder; the Debian packages likewise
.PHONY: test-install
test-install:
	@sh scripts/setup.sh build test package
	@$(MAKE) --no-print-directory all $(OUT)/tools/write_reference
	@CC=$(CC) sh scripts/test_install.sh

## clean: remove everything that was built
.PHONY: clean
clean:
	rm -rf $(BUILD) tinynas

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST)) | awk -F': ' '{ printf "  %-18s %s\n", $$1, $$2 }'
