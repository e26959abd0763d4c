# SPDX-License-Identifier: GPL-2.0-only
#
# netswap: can Linux swap over the network without deadlocking?
#
#   make run         stock 6.12 against the fixed kernel, from nothing
#   make check       style, unit, fuzz and VM tests (what CI runs)
#   make check-fast  those without a VM
#   make check-full  everything longer; records its result
#   make bench       boot, sampling and detection figures
#   make format      put all C into shape
#   make fuzz        each fuzz target for FUZZ_SECONDS
#   make install     PREFIX=/usr/local DESTDIR=
#
# Host packages are installed by scripts/install-packages (once, stamped).

BUILD   := build
SRC     := nbd-harness/src
TESTS   := nbd-harness/tests
PREFIX  ?= /usr/local
DESTDIR ?=

# make V=1 shows the commands.
Q        := $(if $(V),,@)
say      := @printf '  %-7s %s\n'

CC       := gcc
PKGS     := gio-2.0 gio-unix-2.0 json-glib-1.0 libelf libbpf libnbd libzstd
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# Asked only when something is compiled: pkg-config itself is one of the packages.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -D_GNU_SOURCE -DNETSWAP_SOURCE_DIR='"$(CURDIR)"' \
	     -DNETSWAP_DATA_DIR='"$(PREFIX)/share/netswap"' -I$(SRC) -Ivm-images -Iworkloads $(PKG_CFLAGS)

HARNESS_SRC := $(sort $(wildcard $(SRC)/*.c $(SRC)/*/*.c))
LIB_SRC     := $(filter-out $(SRC)/main.c $(SRC)/cmd%.c,$(HARNESS_SRC))
HARNESS_OBJ := $(HARNESS_SRC:%.c=$(BUILD)/obj/%.o)
ASAN_OBJ    := $(LIB_SRC:%.c=$(BUILD)/asan/%.o)
UNIT_TESTS  := $(patsubst $(TESTS)/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard $(TESTS)/unit/test_*.c))
UNIT_HELP   := $(patsubst %.c,$(BUILD)/asan/%.o,$(filter-out $(TESTS)/unit/test_%,$(wildcard $(TESTS)/unit/*.c)))
PLATFORM    := $(patsubst $(TESTS)/platform/%.c,$(BUILD)/tests/platform/%,$(wildcard $(TESTS)/platform/*.c))
FUZZERS     := $(patsubst $(TESTS)/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(wildcard $(TESTS)/fuzz/fuzz_*.c))
FUZZ_OBJ    := $(LIB_SRC:%.c=$(BUILD)/fuzz-obj/%.o)
PACKAGES    := $(BUILD)/.packages
GUEST       := $(BUILD)/guest/init $(BUILD)/guest/workload $(BUILD)/guest/no-dh.so

all: $(BUILD)/netswap $(GUEST)

$(PACKAGES): scripts/install-packages
	scripts/install-packages
	@mkdir -p $(@D) && touch $@

$(BUILD)/netswap: $(HARNESS_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/obj/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) ASAN $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

# What git calls this source: in one object of one program, written anew only when it changed.
$(BUILD)/revision.h: FORCE
	@mkdir -p $(@D)
	@revision=$$([ -e .git ] && git --no-optional-locks describe --always --dirty 2>/dev/null || echo unknown); \
	echo "#define NETSWAP_REVISION \"$$revision\"" >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/obj/$(SRC)/main.o: $(BUILD)/revision.h
$(BUILD)/obj/$(SRC)/main.o: ALL_CFLAGS += -I$(BUILD)

# It embeds these (.incbin), which no compiler tells make.
$(foreach dir,obj asan fuzz-obj,$(BUILD)/$(dir)/$(SRC)/report/assets.o): $(wildcard $(SRC)/report/*.css $(SRC)/report/*.js)

$(BUILD)/tests/unit/%: $(TESTS)/unit/%.c $(UNIT_HELP) $(ASAN_OBJ)
	@mkdir -p $(@D)
	$(say) TEST $@
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -MMD -MP -o $@ $< $(UNIT_HELP) $(ASAN_OBJ) $(PKG_LIBS)

# The guest's own programs: static, and small with musl.
GUEST_CFLAGS := -std=gnu11 -O2 -static -s $(WARN) -D_GNU_SOURCE -Ivm-images -Iworkloads

$(BUILD)/guest/init: $(wildcard vm-images/*.[ch] workloads/*.h) | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) GUEST $@
	$(Q)musl-gcc $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/guest/workload: $(wildcard workloads/*.[ch]) vm-images/board_map.c vm-images/board_map.h vm-images/board.h | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) GUEST $@
	$(Q)musl-gcc $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/guest/no-dh.so: vm-images/server/no_dh.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) GUEST $@
	$(Q)$(CC) -std=gnu11 -O2 -shared -fPIC -nostdlib -s $(WARN) -o $@ $<

# Not a pressure pattern: what scripts/instructions boots.
$(BUILD)/guest/loopback: workloads/loopback/loopback.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) GUEST $@
	$(Q)musl-gcc $(GUEST_CFLAGS) -o $@ $<

unit-tests: $(UNIT_TESTS)

# libFuzzer comes with clang; everything else is built with gcc.
FUZZ_CFLAGS  = $(filter-out $(WARN),$(ALL_CFLAGS)) -fsanitize=fuzzer-no-link,address,undefined \
	       -fno-sanitize-recover=undefined
FUZZ_SECONDS ?= 20

$(BUILD)/fuzz-obj/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)clang $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

# An archive: a target links only what it reaches.
$(BUILD)/fuzz-obj/harness.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar rc $@ $^

$(BUILD)/fuzz/%: $(BUILD)/fuzz-obj/$(TESTS)/fuzz/fuzz_%.o $(BUILD)/fuzz-obj/harness.a
	@mkdir -p $(@D)
	$(say) FUZZ $@
	$(Q)clang -fsanitize=fuzzer,address,undefined $(FUZZ_LDFLAGS_$*) -o $@ $^ $(PKG_LIBS)

# fuzz_guest damages memory where the readers get it, and keeps what takes long to load.  libFuzzer
# need not know of all the numbers of the guest that are compared, which takes a fifth of the time.
comma := ,
COMPARISONS := $(foreach bytes,1 2 4 8,cmp$(bytes) const_cmp$(bytes)) switch
FUZZ_LDFLAGS_guest = $(addprefix -Wl$(comma)--wrap=,guest_memory_read guest_memory_free symbols_free \
		     types_free layout_load $(COMPARISONS:%=__sanitizer_cov_trace_%))

# What a run finds new stays in the build folder and seeds the next one.
fuzz-%: $(BUILD)/fuzz/%
	@mkdir -p $(BUILD)/fuzz/corpus-$*
	@echo "fuzz $*: $(FUZZ_SECONDS) s"
	@UBSAN_OPTIONS=print_stacktrace=1 \
		$< -max_total_time=$(FUZZ_SECONDS) -timeout=20 $(FUZZ_LENGTH_$*) -artifact_prefix=$(BUILD)/fuzz/ \
		$(BUILD)/fuzz/corpus-$* $(TESTS)/fuzz/corpus/$* $(FUZZ_SEEDS_$*) >$(BUILD)/fuzz/$*.log 2>&1 || \
		{ $(TESTS)/fuzz/finding.sh $(BUILD)/fuzz/$*.log; exit 1; }
	@sed -n 's/^Done /fuzz $*: no finding in /p' $(BUILD)/fuzz/$*.log
FUZZ_SEEDS_scenario = nbd-harness/scenarios
FUZZ_LENGTH_qmp = -max_len=4096
FUZZ_LENGTH_handover = -max_len=4096
FUZZ_LENGTH_scenario = -max_len=4096
FUZZ_LENGTH_core = -max_len=8192
FUZZ_LENGTH_guest = -max_len=384 -len_control=0

# fuzz_guest needs a guest: tests/vm/oracle.sh names one.
fuzz: $(filter-out $(if $(NETSWAP_FUZZ_VMCORE),,fuzz-guest),$(FUZZERS:$(BUILD)/fuzz/%=fuzz-%))

# --- tests: programs that print TAP, from fast to slow (nbd-harness/tests/README.md) ---

TAP_LOG   := $(BUILD)/tests/log
RUN_TESTS := $(BUILD)/tests/run-tests -l $(TAP_LOG)
FAST      := $(addprefix $(TESTS)/,style.sh runner.sh) $(UNIT_TESTS) $(PLATFORM) \
	     $(addprefix $(TESTS)/,man.sh bad-input.sh kernel-check.sh fuzz.sh)
# The kernels come first: what follows needs them.
VM        := $(TESTS)/vm/kernels.sh $(TESTS)/patches.sh \
	     $(addprefix $(TESTS)/vm/,controls.sh inspect.sh shell.sh bad-host.sh lifecycle.sh servers.sh \
	     pair.sh transports.sh companions.sh quickstart.sh campaign.sh oracle.sh stacks.sh plants.sh)

$(BUILD)/tests/run-tests: $(TESTS)/run-tests.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) TEST $@
	$(Q)$(CC) -std=gnu11 $(CFLAGS) $(WARN) -D_GNU_SOURCE -o $@ $<

$(BUILD)/tests/platform/%: $(TESTS)/platform/%.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) TEST $@
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(PKG_LIBS)

test-programs: all $(BUILD)/tests/run-tests $(UNIT_TESTS) $(PLATFORM) $(FUZZERS)

check-fast: test-programs
	@$(RUN_TESTS) $(FAST)

# One planted shape a time, by chance; all of them in check-full.
check: export PLANTS := any
check: test-programs
	@$(RUN_TESTS) $(FAST) $(VM)

check-full: test-programs
	@$(RUN_TESTS) -t 43200 $(FAST) $(VM) $(TESTS)/patches-build.sh $(addprefix $(TESTS)/vm/,reserve.sh reconnect.sh full.sh)

format:
	find nbd-harness vm-images workloads -name '*.[ch]' -exec clang-format -i {} +

# --- the tool at work ---

run: all
	@scripts/quickstart

bench: all
	@scripts/bench

# The installed tree has the layout of the source tree (netswap_data_dir()).
DATA := kernel-patches vm-images workloads scripts nbd-harness/campaigns nbd-harness/scenarios nbd-harness/known-signatures

install: all
	install -D -m 755 $(BUILD)/netswap $(DESTDIR)$(PREFIX)/bin/netswap
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/share/netswap/guest $(GUEST)
	install -D -m 644 nbd-harness/man/netswap.1 $(DESTDIR)$(PREFIX)/share/man/man1/netswap.1
	install -D -m 644 nbd-harness/man/netswap-scenario.5 $(DESTDIR)$(PREFIX)/share/man/man5/netswap-scenario.5
	install -D -m 644 nbd-harness/completion/netswap.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/netswap
	find $(DATA) -type f | while read -r file; do \
		mode=644; [ ! -x "$$file" ] || mode=755; \
		install -D -m "$$mode" "$$file" "$(DESTDIR)$(PREFIX)/share/netswap/$$file" || exit 1; \
	done

clean:
	rm -rf $(BUILD)

-include $(HARNESS_OBJ:.o=.d) $(ASAN_OBJ:.o=.d) $(UNIT_HELP:.o=.d) $(UNIT_TESTS:=.d) $(FUZZ_OBJ:.o=.d)
-include $(FUZZERS:$(BUILD)/fuzz/%=$(BUILD)/fuzz-obj/$(TESTS)/fuzz/fuzz_%.d)
.PHONY: FORCE all unit-tests fuzz test-programs check check-fast check-full format run bench install clean
# Objects are kept, not taken for intermediate files.
.SECONDARY:
.DELETE_ON_ERROR:
