// SPDX-License-Identifier: GPL-2.0-only
/*
 * xa_head is the one entry, at index 0, or the root of a tree of struct
 * xa_node: a node's entry i covers 2^shift indices from i << shift on.  The
 * two low bits tell what an entry is (include/linux/xarray.h): 00 a pointer,
 * 10 internal, which is a node if it is larger than a page's address, else a
 * mark of the kernel's own.
 *
 * Bounded: a child's shift is smaller than its parent's, so a loop ends, and
 * no more nodes are read than an honest tree of @max entries may have.
 */
#include "guest/xarray.h"

#define SLOTS_MAX   64 /* XA_CHUNK_SIZE; 16 with CONFIG_BASE_SMALL */
#define DEPTH_MAX   11 /* of 64-bit indices */
#define INTERNAL    2ull
#define KIND	    3ull
#define LARGEST_OWN 4096u

struct walk {
	xarray_fn entry;
	gpointer data;
	guint left, nodes_left, n;
};

static gboolean is_node(guint64 entry)
{
	return (entry & KIND) == INTERNAL && entry > LARGEST_OWN;
}

static gboolean walk_entry(const struct guest *g, struct walk *w, guint64 index, guint64 entry)
{
	if (!guest_is_pointer(entry))
		return TRUE;
	w->n++;
	return w->left-- > 0 && w->entry(g, index, entry, w->data);
}

static gboolean walk_node(const struct guest *g, struct walk *w, guint64 node, guint64 index,
			  guint above)
{
	guint slots = MIN(g->at.xa_slots_bytes / 8, SLOTS_MAX);
	guint64 entries[SLOTS_MAX];
	guint8 shift;

	if (!guest_is_pointer(node) || !w->nodes_left-- ||
	    !guest_read(g, node + g->at.xa_node_shift, &shift, 1) || shift >= above ||
	    !guest_read(g, node + g->at.xa_node_slots, entries, slots * 8))
		return FALSE;
	for (guint i = 0; i < slots; i++) {
		guint64 here = index + ((guint64)i << shift);

		if (is_node(entries[i]) ? !walk_node(g, w, entries[i] & ~KIND, here, shift)
					: !walk_entry(g, w, here, entries[i]))
			return FALSE;
	}
	return TRUE;
}

int xarray_walk(const struct guest *g, guint64 head, guint max, xarray_fn entry, gpointer data)
{
	struct walk w = { .entry = entry, .data = data, .left = max };
	guint64 root;
	gboolean ok;

	w.nodes_left = DEPTH_MAX * (max + 1);
	if (!guest_u64(g, head, &root))
		return -1;
	ok = is_node(root) ? walk_node(g, &w, root & ~KIND, 0, 64) : walk_entry(g, &w, 0, root);
	return ok ? (int)w.n : -1;
}
