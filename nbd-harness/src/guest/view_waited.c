// SPDX-License-Identifier: GPL-2.0-only
/*
 * task->on says which objects somebody waits for; this reads what they are.
 *
 * A mempool is called by the symbol that it is or lies in (fs_bio_set); else,
 * if it was allocated, by the variable that points to it (sio_pool), or by the
 * slab cache that it takes from (bio-256).
 */
#include "guest/view_waited.h"

#include "guest/slab.h"

#define VARIABLE_BYTES_MAX 1024 /* an address farther from a data symbol is not in it */

static gboolean has_folio(const GArray *folios, guint64 address)
{
	for (guint i = 0; i < folios->len; i++) {
		if (g_array_index(folios, struct folio_facts, i).address == address)
			return TRUE;
	}
	return FALSE;
}

static gboolean flag(guint64 flags, gint64 bit)
{
	return bit >= 0 && bit < 64 && ((flags >> bit) & 1);
}

static gboolean see_folio(const struct guest *g, guint64 address, GArray *folios)
{
	struct folio_facts facts = { .address = address };
	guint64 flags;

	if (g->at.page_flags == LAYOUT_NONE || has_folio(folios, address))
		return TRUE;
	if (!guest_u64(g, address + g->at.page_flags, &flags))
		return FALSE;
	facts.locked = flag(flags, g->at.pg_locked);
	facts.writeback = flag(flags, g->at.pg_writeback);
	facts.dirty = flag(flags, g->at.pg_dirty);
	/* The bit has another meaning to folios that are not backed by swap. */
	facts.swapcache = flag(flags, g->at.pg_swapcache) && flag(flags, g->at.pg_swapbacked);
	g_array_append_val(folios, facts);
	return TRUE;
}

/* The variable, of those known to hold one, that points to the mempool at @address, or NULL. */
static const char *pointing_variable(const struct guest *g, guint64 address)
{
	static const char *const variables[] = {
		"sio_pool",	     "rpc_task_mempool",   "rpc_buffer_mempool",
		"nfs_wdata_mempool", "nfs_commit_mempool",
	};

	for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
		guint64 variable = symbols_address(g->symbols, variables[i]), pool;

		if (variable && guest_u64(g, variable, &pool) && pool == address)
			return variables[i];
	}
	return NULL;
}

/* The slab cache that its elements are from, whatever function gets them. */
static void see_cache(const struct guest *g, struct mempool_facts *m)
{
	struct slab_cache cache;
	guint64 data;

	if (g->at.mempool_data != LAYOUT_NONE &&
	    guest_u64(g, m->address + g->at.mempool_data, &data) &&
	    slab_cache_read(g, data, &cache))
		g_strlcpy(m->cache, cache.name, sizeof(m->cache));
}

/* The name of the slab cache that the mempool takes its elements from. */
static gboolean name_by_cache(const struct guest *g, struct mempool_facts *m)
{
	guint64 alloc, cache, name;

	return g->at.mempool_alloc != LAYOUT_NONE && g->at.mempool_data != LAYOUT_NONE &&
	       g->at.cache_name != LAYOUT_NONE &&
	       guest_u64(g, m->address + g->at.mempool_alloc, &alloc) && alloc &&
	       alloc == symbols_address(g->symbols, "mempool_alloc_slab") &&
	       guest_u64(g, m->address + g->at.mempool_data, &cache) && guest_is_pointer(cache) &&
	       guest_u64(g, cache + g->at.cache_name, &name) &&
	       guest_read_text(g, name, m->name, sizeof(m->name));
}

static void name_mempool(const struct guest *g, struct mempool_facts *m)
{
	guint offset;
	const char *name = symbols_at(g->symbols, m->address, VARIABLE_BYTES_MAX, &offset);

	if (!name)
		name = pointing_variable(g, m->address);
	if (name)
		g_strlcpy(m->name, name, sizeof(m->name));
	else if (!name_by_cache(g, m))
		m->name[0] = '\0';
}

static gboolean has_mempool(const GArray *mempools, guint64 address)
{
	for (guint i = 0; i < mempools->len; i++) {
		if (g_array_index(mempools, struct mempool_facts, i).address == address)
			return TRUE;
	}
	return FALSE;
}

static gboolean see_mempool(const struct guest *g, guint64 address, GArray *mempools)
{
	struct mempool_facts facts = { .address = address };

	if (g->at.mempool_min_nr == LAYOUT_NONE || g->at.mempool_curr_nr == LAYOUT_NONE ||
	    has_mempool(mempools, address))
		return TRUE;
	if (!guest_u32(g, address + g->at.mempool_min_nr, &facts.min_nr) ||
	    !guest_u32(g, address + g->at.mempool_curr_nr, &facts.curr_nr))
		return FALSE;
	name_mempool(g, &facts);
	see_cache(g, &facts);
	g_array_append_val(mempools, facts);
	return TRUE;
}

gboolean view_waited_snapshot(const struct guest *g, struct snapshot *snapshot)
{
	gboolean complete = TRUE;

	for (guint i = 0; i < snapshot->tasks->len; i++) {
		const struct wait_object *on =
			&g_array_index(snapshot->tasks, struct task_facts, i).on;

		if (on->kind == OBJECT_FOLIO)
			complete &= see_folio(g, on->address, snapshot->folios);
		else if (on->kind == OBJECT_MEMPOOL)
			complete &= see_mempool(g, on->address, snapshot->mempools);
	}
	return complete;
}
