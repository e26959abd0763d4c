// SPDX-License-Identifier: GPL-2.0-only
/*
 * address -> mem_section -> page -> its compound head -> struct slab (the same
 * memory; struct page itself before 5.17) -> slab_cache.  Sections are there with and without
 * vmemmap (SPARSEMEM_EXTREME, which x86-64 always has).  Whether the object is in use is not looked
 * up: free lists are obfuscated and per CPU.
 */
#include "guest/slab.h"

#include "guest/folio.h"

#define CACHES_MAX 4096

/* SECTION_SIZE_BITS of x86-64; what is below the address in section_mem_map are flags. */
#define SECTION_SHIFT 27
#define SECTION_FLAGS (GUEST_PAGE_BYTES - 1ull)

struct find {
	guint64 address;
	gboolean found;
};

static gboolean see_cache(const struct guest *g, guint64 cache, gpointer data)
{
	struct find *find = data;

	(void)g;
	find->found |= cache == find->address;
	return TRUE;
}

gboolean slab_cache_read(const struct guest *g, guint64 address, struct slab_cache *cache)
{
	guint64 caches = symbols_address(g->symbols, "slab_caches"), name;
	struct find find = { .address = address };

	if (!caches || g->at.cache_list == LAYOUT_NONE || g->at.cache_name == LAYOUT_NONE ||
	    g->at.cache_bytes == LAYOUT_NONE || !guest_is_pointer(address) ||
	    guest_list(g, caches, g->at.cache_list, CACHES_MAX, see_cache, &find) < 0 ||
	    !find.found)
		return FALSE;
	cache->address = address;
	cache->left_pad = 0;
	if (g->at.cache_left_pad != LAYOUT_NONE &&
	    !guest_u32(g, address + g->at.cache_left_pad, &cache->left_pad))
		return FALSE;
	return guest_u32(g, address + g->at.cache_bytes, &cache->bytes) && cache->bytes &&
	       guest_u64(g, address + g->at.cache_name, &name) &&
	       guest_read_text(g, name, cache->name, sizeof(cache->name));
}

/* What the address of page frame @frame's struct page is from, in its section; 0: unknown. */
static guint64 pages_of(const struct guest *g, guint64 frame)
{
	guint64 roots = symbols_address(g->symbols, "mem_section"), root, map;
	guint64 section = frame * GUEST_PAGE_BYTES >> SECTION_SHIFT;
	guint per_root;

	if (!roots || g->at.section_map == LAYOUT_NONE || !g->at.section_bytes)
		return 0;
	per_root = GUEST_PAGE_BYTES / g->at.section_bytes;
	if (!guest_u64(g, roots, &roots) || !guest_is_pointer(roots) ||
	    !guest_u64(g, roots + section / per_root * 8, &root) || !guest_is_pointer(root) ||
	    !guest_u64(g, root + section % per_root * g->at.section_bytes + g->at.section_map,
		       &map))
		return 0;
	return map & ~SECTION_FLAGS;
}

guint64 slab_object_at(const struct guest *g, const struct slab_cache *cache, guint64 address)
{
	guint64 physical = address - g->direct_map, pages, page, owner, first;

	if (g->at.slab_cache == LAYOUT_NONE || g->at.page_compound_head == LAYOUT_NONE ||
	    !g->at.page_bytes || !guest_is_pointer(address) ||
	    physical >= guest_memory_end(g->memory))
		return 0;
	pages = pages_of(g, physical / GUEST_PAGE_BYTES);
	if (!pages)
		return 0;
	page = folio_of(g, pages + physical / GUEST_PAGE_BYTES * g->at.page_bytes);
	if (!guest_u64(g, page + g->at.slab_cache, &owner) || owner != cache->address)
		return 0;
	first = (page - pages) / g->at.page_bytes * GUEST_PAGE_BYTES + cache->left_pad;
	return physical < first ? 0 : address - (physical - first) % cache->bytes;
}
