/* SPDX-License-Identifier: GPL-2.0-only */
/* A core from elsewhere, opened as a guest. */
#ifndef NETSWAP_GUEST_CORE_H
#define NETSWAP_GUEST_CORE_H

#include "guest/guest.h"

/*
 * Open the core @path (guest/memory_elf.h) of the kernel @vmlinux; NULL: its
 * symbols and types are read from its own memory (guest/kallsyms.h; BTF where
 * the kernel keeps it for /sys/kernel/btf).  Those of modules always are.
 *
 * Where the kernel lies is taken from the core's VMCOREINFO note, from the one
 * in its memory if it has none, else it must lie where it was linked to.
 * *cpus (caller unrefs, also after a failure) gets the CPUs' registers as far as
 * the core has them: of struct vcpu_registers (machine/registers.h).
 */
struct guest *core_open(const char *path, const char *vmlinux, GArray **cpus, GError **error);

#endif
