/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An opened guest: its memory, symbols and types together, and reads by kernel
 * virtual address.
 *
 *   memory + symbols + types -> guest_open() (verifies linux_banner) -> views
 *
 * Addresses are translated by what x86-64 kernels promise: the direct map and
 * the kernel image by arithmetic, everything else (vmalloc, modules, vmemmap,
 * per-CPU areas, VMAP stacks) through the page tables at init_top_pgt.
 *
 * Guest memory is hostile: every read can fail, every walk built on this is
 * bounded by its caller, and no pointer is followed that does not look like a
 * kernel address.
 */
#ifndef NETSWAP_GUEST_GUEST_H
#define NETSWAP_GUEST_GUEST_H

#include <glib.h>

#include "guest/layout.h"
#include "guest/memory.h"
#include "guest/symbols.h"
#include "guest/types.h"

#define GUEST_CPUS_MAX	64
#define GUEST_NODES_MAX 8

struct guest {
	struct guest_memory *memory; /* all three owned */
	struct symbols *symbols;
	struct types *types;
	struct layout at;
	char *banner;		 /* "Linux version 6.12.117 ..." without the newline */
	gboolean frame_pointers; /* stacks unwind by frame pointers (else ORC) */

	guint cpus;
	guint64 percpu_offset[GUEST_CPUS_MAX];
	guint nodes;
	guint64 node[GUEST_NODES_MAX]; /* addresses of struct pglist_data */

	guint64 phys_base;    /* physical minus loaded address of the kernel image */
	gboolean five_levels; /* of page tables */
	guint64 direct_map;   /* virtual address of physical 0 */
	guint64 top_table;    /* physical address of init_top_pgt */

	guint64 *reads_left; /* see guest_allow_reads(); NULL: no limit */
};

/*
 * Open a booted guest of @cpus CPUs (0: as many as it says itself).  Takes ownership of @memory,
 * @symbols and
 * @types, also on failure.  @vmlinux_banner: the banner of the vmlinux that
 * symbols and types come from, NULL if the guest handed them over itself.
 * @phys_base: as in vmcoreinfo, 0 without KASLR.
 */
struct guest *guest_open(struct guest_memory *memory, struct symbols *symbols, struct types *types,
			 guint cpus, guint64 phys_base, const char *vmlinux_banner, GError **error);
/*
 * The same in two steps, for those who read symbols and types from memory: a
 * guest that can be read by address, then the rest.  Both take ownership of
 * what they are given, guest_open_bare() also on failure.
 */
struct guest *guest_open_bare(struct guest_memory *memory, struct symbols *symbols,
			      guint64 phys_base, const char *vmlinux_banner, GError **error);
gboolean guest_add_types(struct guest *g, struct types *types, guint cpus, GError **error);
void guest_close(struct guest *g);

/* Physical address of @vaddr; FALSE when it is not mapped. */
gboolean guest_translate(const struct guest *g, guint64 vaddr, guint64 *paddr);
/* Copy @bytes from kernel virtual @vaddr, page by page. */
gboolean guest_read(const struct guest *g, guint64 vaddr, void *to, gsize bytes);
/*
 * From now on @reads reads may succeed, of a page or less each; then all fail
 * and every walk ends.  Bounds on single lists do not bound what lists of lists
 * cost: this does, whatever the guest's memory holds.
 */
void guest_allow_reads(const struct guest *g, guint64 reads);
/* Read a NUL-terminated string of at most @bytes - 1 characters; unprintable ones become '?'. */
gboolean guest_read_text(const struct guest *g, guint64 vaddr, char *to, gsize bytes);

static inline gboolean guest_u64(const struct guest *g, guint64 vaddr, guint64 *to)
{
	return guest_read(g, vaddr, to, sizeof(*to));
}

static inline gboolean guest_u32(const struct guest *g, guint64 vaddr, guint32 *to)
{
	return guest_read(g, vaddr, to, sizeof(*to));
}

/*
 * The pointer at @cpu's part of a per-CPU variable, 0 if it is none: of member
 * @hot_member of pcpu_hot (6.2 to 6.14), else of the variable @name.
 */
guint64 guest_percpu_pointer(const struct guest *g, guint cpu, guint hot_member, const char *name);
/* The task that @cpu runs, or 0. */
static inline guint64 guest_current_task(const struct guest *g, guint cpu)
{
	return guest_percpu_pointer(g, cpu, g->at.hot_task, "current_task");
}

/* The integer at @bits of the struct at @base; FALSE also where this kernel has no such member. */
gboolean guest_bits(const struct guest *g, guint64 base, const struct types_bits *bits,
		    guint64 *value);

/* A canonical upper-half address, aligned to 8: worth following. */
static inline gboolean guest_is_pointer(guint64 value)
{
	return value >= 0xff00000000000000ull && value < 0xfffffffffffff000ull && !(value & 7);
}

/*
 * Walk a struct list_head ring at @head; @node gets the address of each entry
 * (the list_head's minus @offset).  Returns the number of entries, or -1 when
 * the ring is broken, does not close within @max entries, or @node returned
 * FALSE.
 */
typedef gboolean (*guest_list_fn)(const struct guest *g, guint64 entry, gpointer data);
int guest_list(const struct guest *g, guint64 head, guint offset, guint max, guest_list_fn node,
	       gpointer data);
/* The struct list_head at @node is linked both ways. */
gboolean guest_is_linked(const struct guest *g, guint64 node);

#endif
