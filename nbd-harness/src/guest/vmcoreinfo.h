/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMCOREINFO: what a kernel says of itself for readers of its memory, an ELF
 * note that cores carry and that lies in the kernel's own memory too.
 */
#ifndef NETSWAP_GUEST_VMCOREINFO_H
#define NETSWAP_GUEST_VMCOREINFO_H

#include "guest/memory.h"

struct vmcoreinfo {
	char *text;
	guint64 phys_base;     /* physical minus loaded address of the kernel image */
	guint64 kernel_offset; /* KASLR: loaded minus linked address */
};

/* From the note's text.  FALSE: it lacks what every kernel writes; *v is clear then. */
gboolean vmcoreinfo_parse(const char *text, struct vmcoreinfo *v);
/* From the note at the address that @sysfs, the text of /sys/kernel/vmcoreinfo
 * ("physical-address size"), names.  Errors: NETSWAP_ERROR_GUEST. */
gboolean vmcoreinfo_read(const struct guest_memory *memory, const char *sysfs, struct vmcoreinfo *v,
			 GError **error);
/* From the note wherever it lies in @memory: searches all of it. */
gboolean vmcoreinfo_search(const struct guest_memory *memory, struct vmcoreinfo *v);
/* Address of SYMBOL(@name) in the note's @text, 0 when it has none. */
guint64 vmcoreinfo_symbol(const char *text, const char *name);
void vmcoreinfo_clear(struct vmcoreinfo *v);

#endif
