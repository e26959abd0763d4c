/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Write a guest's RAM as an ELF core, compressed by zstd: a PRSTATUS note per
 * CPU, a VMCOREINFO note, a PT_LOAD per segment.  Written by us rather than by
 * QEMU's dump command, so that it works when QEMU is gone: the RAM is ours.
 */
#ifndef NETSWAP_RUN_VMCORE_H
#define NETSWAP_RUN_VMCORE_H

#include "guest/guest.h"

/*
 * The VM should be stopped.  @cpus: its registers, of struct vcpu_registers,
 * NULL if not known; @info: text of the VMCOREINFO note, NULL if not known
 * (then crash and drgn need to be told offsets).  Errors: NETSWAP_ERROR_INFRA
 * (disk full, ...); a partial file is removed.
 */
gboolean vmcore_write(const struct guest *g, const GArray *cpus, const char *info, const char *path,
		      GError **error);

#endif
