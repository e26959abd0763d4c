# SPDX-License-Identifier: GPL-2.0-only
#
# netswap: can Linux swap over the network without deadlocking?
#
#   make run         stock 6.12 against the fixed kernel, from nothing
#   make check       unit tests and VM tests (what CI runs)
#   make check-full  everything longer; records its result
#   make bench       boot, sampling and detection figures
#   make install     PREFIX=/usr/local DESTDIR=
#
# Host packages are installed by scripts/install-packages (once, stamped).

BUILD   := build
SRC     := nbd-harness/src
TESTS   := nbd-harness/tests
PREFIX  ?= /usr/local
DESTDIR ?=

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
UNIT_TESTS  := $(patsubst $(TESTS)/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard $(TESTS)/unit/*.c))
PACKAGES    := $(BUILD)/.packages
GUEST       := $(BUILD)/guest/init $(BUILD)/guest/workload

all: $(BUILD)/netswap $(GUEST)

$(PACKAGES): scripts/install-packages
	scripts/install-packages
	@mkdir -p $(@D) && touch $@

$(BUILD)/netswap: $(HARNESS_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/obj/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(TESTS)/unit/%.c $(ASAN_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SANITIZE) -MMD -MP -o $@ $< $(ASAN_OBJ) $(PKG_LIBS)

# The guest's own programs: static, and small with musl.
GUEST_CFLAGS := -std=gnu11 -O2 -static -s $(WARN) -D_GNU_SOURCE -Ivm-images -Iworkloads

$(BUILD)/guest/init: $(wildcard vm-images/*.[ch] workloads/*.h) | $(PACKAGES)
	@mkdir -p $(@D)
	musl-gcc $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/guest/workload: $(wildcard workloads/*.[ch]) vm-images/board_map.c vm-images/board_map.h vm-images/board.h | $(PACKAGES)
	@mkdir -p $(@D)
	musl-gcc $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

unit-tests: $(UNIT_TESTS)

clean:
	rm -rf $(BUILD)

-include $(HARNESS_OBJ:.o=.d) $(ASAN_OBJ:.o=.d) $(UNIT_TESTS:=.d)
.PHONY: all unit-tests clean
.DELETE_ON_ERROR:
