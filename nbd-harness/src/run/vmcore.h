/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Write guest RAM as an ELF core (PT_LOAD per segment, VMCOREINFO note),
 * compressed by zstd.  Written by us rather than by QEMU's dump command, so
 * that it works when QEMU is gone: the RAM is ours.
 */
#ifndef NETSWAP_RUN_VMCORE_H
#define NETSWAP_RUN_VMCORE_H

#include "guest/memory.h"

/*
 * @note: text of the VMCOREINFO note, or NULL (then crash and drgn need to be
 * told offsets).  @direct_map: virtual address of physical 0; @phys_base: as in
 * vmcoreinfo, for the kernel image's own mapping.  The VM should
 * be stopped.  Errors: NETSWAP_ERROR_INFRA (disk full, ...); a partial file is
 * removed.
 */
gboolean vmcore_write(const struct guest_memory *memory, const char *note, guint64 direct_map,
		      guint64 phys_base, const char *path, GError **error);

#endif
