/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's physical memory: the one way in which bytes of a guest reach us.
 *
 * A live guest (the memfd that QEMU maps) and a dump (guest/memory_elf.h) look
 * alike below this line: segments of RAM in one mapping.  Addresses are
 * guest-physical; reads outside RAM fail.  A live guest changes while it is
 * read: whoever needs consistency reads twice, or stops the VM.
 */
#ifndef NETSWAP_GUEST_MEMORY_H
#define NETSWAP_GUEST_MEMORY_H

#include <glib.h>

#define GUEST_PAGE_BYTES 4096u

struct guest_memory;

/* One contiguous piece of RAM. */
struct guest_memory_segment {
	guint64 paddr;
	guint64 bytes;
	const void *data;
};

/*
 * Map @fd (a memfd or file of @bytes, kept open by the caller only for this
 * call) as the RAM of a QEMU q35 machine: below 2.75 GiB identity mapped, as
 * of QEMU 7.2 (hw/i386/pc_q35.c); larger RAM is split at 2 GiB with the rest
 * from 4 GiB on.
 */
struct guest_memory *guest_memory_map(int fd, guint64 bytes, GError **error);
/*
 * Memory of @n @segments (copied; where they overlap, the first is read) that
 * lie in @map, a mapping of @map_bytes that now belongs to it.
 */
struct guest_memory *guest_memory_new(const struct guest_memory_segment *segments, guint n,
				      void *map, gsize map_bytes);
void guest_memory_free(struct guest_memory *m);

/* The first physical address beyond all RAM. */
guint64 guest_memory_end(const struct guest_memory *m);

/* Copy @bytes from guest-physical @paddr; FALSE when any of it is not RAM. */
gboolean guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to, gsize bytes);

/* Segment @i, or FALSE when there are no more. */
gboolean guest_memory_segment(const struct guest_memory *m, guint i,
			      struct guest_memory_segment *segment);

#endif
