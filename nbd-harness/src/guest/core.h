/* SPDX-License-Identifier: GPL-2.0-only */
/* A core from elsewhere and its vmlinux, opened as a guest. */
#ifndef NETSWAP_GUEST_CORE_H
#define NETSWAP_GUEST_CORE_H

#include "guest/guest.h"

/*
 * Open the core @path (guest/memory_elf.h) of the kernel @vmlinux.  Where the
 * kernel lies is taken from the core's VMCOREINFO note, from the one in its
 * memory if it has none, else it must lie where it was linked to.
 */
struct guest *core_open(const char *path, const char *vmlinux, GError **error);

#endif
