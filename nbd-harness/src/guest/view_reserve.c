// SPDX-License-Identifier: GPL-2.0-only
#include "guest/view_reserve.h"

#define COUNTERS_MAX   256 /* of the kernel's array */
#define ZONE_TYPES_MAX 8

/* What the kernel's file in debugfs calls them, too. */
static const char *const names[] = {
#define COUNTER(name, enumerator) [RESERVE_##name] = #name,
	LAYOUT_RESERVE(COUNTER)
#undef COUNTER
};

/* The sum over all CPUs. */
static gboolean read_counter(const struct guest *g, enum reserve_counter counter, gint64 *count)
{
	guint64 counts = symbols_address(g->symbols, "netswap_counts");
	gint64 index = g->at.reserve[counter];
	guint64 sum = 0;

	if (!counts || g->at.reserve_count == LAYOUT_NONE || index < 0 || index >= COUNTERS_MAX)
		return FALSE;
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint64 n;

		if (!guest_u64(g, counts + g->percpu_offset[cpu] + g->at.reserve_count + index * 8,
			       &n))
			return FALSE;
		sum += n;
	}
	*count = MIN(sum, (guint64)G_MAXINT64);
	return TRUE;
}

gint64 view_reserve_lowest(const struct guest *g, guint zone)
{
	guint64 lowest = symbols_address(g->symbols, "netswap_lowest_free");
	guint64 pages;

	if (!lowest || (gint64)zone >= g->at.zone_types || !guest_u64(g, lowest + zone * 8, &pages))
		return -1;
	return pages > G_MAXINT64 ? -1 : (gint64)pages;
}

static gint64 sum_of_lowest(const struct guest *g)
{
	gint64 sum = SAMPLE_UNKNOWN;

	for (guint i = 0; i < ZONE_TYPES_MAX; i++) {
		gint64 pages = view_reserve_lowest(g, i);

		if (pages >= 0)
			sum = MAX(sum, 0) + MIN(pages, G_MAXINT32);
	}
	return sum;
}

void view_reserve_sample(const struct guest *g, struct sample *s)
{
	gint64 atomic, high;

	read_counter(g, RESERVE_pages_pf_memalloc, &s->reserve_task_pages);
	read_counter(g, RESERVE_pages_gfp_memalloc, &s->reserve_gfp_pages);
	if (read_counter(g, RESERVE_pages_atomic, &atomic) &&
	    read_counter(g, RESERVE_pages_high, &high))
		s->reserve_atomic_pages = MIN(atomic, G_MAXINT64 - high) + high;
	s->lowest_free_pages = sum_of_lowest(g);
}

gboolean view_reserve_snapshot(const struct guest *g, GArray *reserve)
{
	if (!symbols_address(g->symbols, "netswap_counts"))
		return TRUE;
	for (guint i = 0; i < RESERVE_COUNTERS; i++) {
		struct reserve_facts facts = { 0 };

		if (g->at.reserve[i] < 0)
			continue;
		if (!read_counter(g, i, &facts.count))
			return FALSE;
		g_strlcpy(facts.name, names[i], sizeof(facts.name));
		g_array_append_val(reserve, facts);
	}
	return TRUE;
}
