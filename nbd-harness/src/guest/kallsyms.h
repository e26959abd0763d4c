/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols from a kernel's own tables, read from its memory: what /proc/kallsyms
 * would say, as its text.  No vmlinux is needed, and modules are there as well.
 */
#ifndef NETSWAP_GUEST_KALLSYMS_H
#define NETSWAP_GUEST_KALLSYMS_H

#include "guest/guest.h"

/*
 * Append the kernel image's symbols.  @vmcoreinfo says where the tables lie
 * (Linux 6.0 and later).  @g needs no symbols, types or page tables.  Errors:
 * NETSWAP_ERROR_GUEST.
 */
gboolean kallsyms_of_kernel(const struct guest *g, const char *vmcoreinfo, GString *out,
			    GError **error);

#endif
