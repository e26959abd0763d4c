// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters live in three places: vm events only per CPU; zone and node counters
 * in a global plus signed per-CPU diffs that are not folded in yet (under
 * pressure their sum differs by hundreds of pages, and the judge looks at
 * small numbers: so they are added).  Which counters exist and their order
 * changes with version and configuration: BTF's enumerators say.
 */
#include "guest/view_mm.h"

#include <string.h>

#include "base/error.h"
#include "guest/view_reserve.h"

#define EVENTS_MAX 512
#define ZONES_MAX  8 /* of one node */
#define WATERMARKS 3 /* min, low, high */

/* One field of the sample: the sum of the events that exist, in either enum. */
static const struct {
	gsize field;
	const char *const names[12];
} event_sums[] = {
#define SUM(field, ...)                                                                            \
	{                                                                                          \
		offsetof(struct sample, field),                                                    \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
	SUM(swap_in_pages, "PSWPIN"),
	SUM(swap_out_pages, "PSWPOUT"),
	SUM(zswapped_pages, "ZSWPOUT"),
	SUM(reclaimed_pages, "PGSTEAL_KSWAPD", "PGSTEAL_DIRECT", "PGSTEAL_KHUGEPAGED",
	    "PGSTEAL_PROACTIVE"),
	SUM(scanned_pages, "PGSCAN_KSWAPD", "PGSCAN_DIRECT"),
	SUM(alloc_stalls, "ALLOCSTALL_DMA", "ALLOCSTALL_DMA32", "ALLOCSTALL_NORMAL",
	    "ALLOCSTALL_MOVABLE"),
	SUM(throttled, "PGSCAN_DIRECT_THROTTLE"),
	SUM(oom_kills, "OOM_KILL"),
#undef SUM
};

#define SUMS	  G_N_ELEMENTS(event_sums)
#define SUM_TERMS G_N_ELEMENTS(event_sums[0].names)

struct term {
	gboolean node_stat; /* in pglist_data.vm_stat (newer kernels moved some there) */
	guint index;
};

struct view_mm {
	const struct guest *g;
	guint64 events; /* per-CPU struct vm_event_state */
	guint64 jiffies, swap_total, swap_free;
	guint n_events;
	guint terms_used[SUMS];
	struct term terms[SUMS][SUM_TERMS];
};

static void resolve_terms(struct view_mm *v)
{
	for (guint i = 0; i < SUMS; i++) {
		for (guint k = 0; k < SUM_TERMS && event_sums[i].names[k]; k++) {
			const char *name = event_sums[i].names[k];
			gint64 event = types_enumerator(v->g->types, "vm_event_item", name);
			gint64 stat = types_enumerator(v->g->types, "node_stat_item", name);

			if (event < 0 && stat < 0)
				continue;
			v->terms[i][v->terms_used[i]++] =
				(struct term){ event < 0, event < 0 ? stat : event };
		}
	}
}

struct view_mm *view_mm_new(const struct guest *g, GError **error)
{
	struct view_mm *v = g_new0(struct view_mm, 1);
	gint64 n = types_enumerator(g->types, "vm_event_item", "NR_VM_EVENT_ITEMS");

	v->g = g;
	v->n_events = CLAMP(n, 0, EVENTS_MAX);
	if (!symbols_need(g->symbols, "vm_event_states", &v->events, error) ||
	    !symbols_need(g->symbols, "jiffies_64", &v->jiffies, error) ||
	    !symbols_need(g->symbols, "total_swap_pages", &v->swap_total, error) ||
	    !symbols_need(g->symbols, "nr_swap_pages", &v->swap_free, error)) {
		view_mm_free(v);
		return NULL;
	}
	resolve_terms(v);
	return v;
}

void view_mm_free(struct view_mm *v)
{
	g_free(v);
}

/* Guest memory may hold any numbers: sums wrap. */
static gint64 plus(gint64 a, gint64 b)
{
	return (guint64)a + (guint64)b;
}

/* A counter of an array at @base plus its per-CPU 8-bit diffs at @percpu (a per-CPU pointer). */
static gboolean counter(const struct guest *g, guint64 base, guint64 percpu, guint diff_offset,
			guint index, gint64 *value)
{
	if (!guest_read(g, base + index * 8, value, 8))
		return FALSE;
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		gint8 diff;

		if (!guest_read(g, percpu + g->percpu_offset[cpu] + diff_offset + index, &diff, 1))
			return FALSE;
		*value = plus(*value, diff);
	}
	*value = MAX(*value, 0);
	return TRUE;
}

static gboolean zone_counter(const struct guest *g, guint64 zone, guint index, gint64 *value)
{
	guint64 percpu;

	return guest_u64(g, zone + g->at.zone_percpu, &percpu) &&
	       counter(g, zone + g->at.zone_vm_stat, percpu, g->at.percpu_zone_diff, index, value);
}

static gboolean node_counter(const struct guest *g, guint index, gint64 *sum)
{
	*sum = 0;
	for (guint i = 0; i < g->nodes; i++) {
		guint64 percpu;
		gint64 value;

		if (!guest_u64(g, g->node[i] + g->at.node_percpu, &percpu) ||
		    !counter(g, g->node[i] + g->at.node_vm_stat, percpu, g->at.percpu_node_diff,
			     index, &value))
			return FALSE;
		*sum = plus(*sum, value);
	}
	return TRUE;
}

/* An unsigned long of struct zone; 0 where the kernel has none. */
static gboolean zone_word(const struct guest *g, guint64 zone, guint member, gint64 *value)
{
	*value = 0;
	return member == LAYOUT_NONE || guest_read(g, zone + member, value, sizeof(*value));
}

gboolean view_mm_zones(const struct view_mm *v, GArray *zones)
{
	const struct guest *g = v->g;

	for (guint node = 0; node < g->nodes; node++) {
		guint32 n;

		if (!guest_u32(g, g->node[node] + g->at.node_nr_zones, &n))
			return FALSE;
		for (guint i = 0; i < MIN(n, ZONES_MAX); i++) {
			guint64 zone = g->node[node] + g->at.node_zones + i * g->at.zone_bytes;
			struct zone_facts facts = {
				.node = node,
				.lowest_pages = view_reserve_lowest(g, i),
			};
			guint64 watermarks[WATERMARKS], name;

			if (!guest_read(g, zone + g->at.zone_managed, &facts.managed_pages, 8))
				return FALSE;
			if (!facts.managed_pages)
				continue;
			if (!guest_u64(g, zone + g->at.zone_name, &name) ||
			    !guest_read_text(g, name, facts.name, sizeof(facts.name)) ||
			    !guest_read(g, zone + g->at.zone_watermark, watermarks,
					sizeof(watermarks)) ||
			    !zone_counter(g, zone, g->at.nr_free_pages, &facts.free_pages))
				return FALSE;
			if (!zone_word(g, zone, g->at.zone_boost, &facts.boost_pages) ||
			    !zone_word(g, zone, g->at.zone_highatomic, &facts.highatomic_pages))
				return FALSE;
			/* As wmark_pages() has them: fragmentation boosts all three. */
			facts.min_pages = watermarks[0] + facts.boost_pages;
			facts.low_pages = watermarks[1] + facts.boost_pages;
			facts.high_pages = watermarks[2] + facts.boost_pages;
			g_array_append_val(zones, facts);
		}
	}
	return TRUE;
}

static void sample_zones(const struct view_mm *v, struct sample *s)
{
	g_autoptr(GArray) zones = g_array_new(FALSE, FALSE, sizeof(struct zone_facts));

	if (!view_mm_zones(v, zones))
		return;
	s->free_pages = s->min_pages = s->low_pages = s->high_pages = 0;
	for (guint i = 0; i < zones->len; i++) {
		const struct zone_facts *zone = &g_array_index(zones, struct zone_facts, i);

		s->free_pages = plus(s->free_pages, zone->free_pages);
		s->min_pages = plus(s->min_pages, zone->min_pages);
		s->low_pages = plus(s->low_pages, zone->low_pages);
		s->high_pages = plus(s->high_pages, zone->high_pages);
	}
}

static gboolean sum_events(const struct view_mm *v, gint64 *total)
{
	const struct guest *g = v->g;
	gint64 percpu[EVENTS_MAX];

	memset(total, 0, v->n_events * sizeof(*total));
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		if (!guest_read(g, v->events + g->percpu_offset[cpu], percpu,
				v->n_events * sizeof(*percpu)))
			return FALSE;
		for (guint i = 0; i < v->n_events; i++)
			total[i] = plus(total[i], percpu[i]);
	}
	return TRUE;
}

static void sample_events(const struct view_mm *v, struct sample *s)
{
	gint64 total[EVENTS_MAX];

	if (!sum_events(v, total))
		return;
	for (guint i = 0; i < SUMS; i++) {
		gint64 sum = 0;

		for (guint k = 0; k < v->terms_used[i]; k++) {
			const struct term *term = &v->terms[i][k];
			gint64 value = 0;

			if (term->node_stat)
				node_counter(v->g, term->index, &value);
			else if (term->index < v->n_events)
				value = total[term->index];
			sum = plus(sum, value);
		}
		if (v->terms_used[i])
			G_STRUCT_MEMBER(gint64, s, event_sums[i].field) = sum;
	}
}

void view_mm_sample(const struct view_mm *v, struct sample *s)
{
	const struct guest *g = v->g;

	guest_read(g, v->jiffies, &s->jiffies, 8);
	guest_read(g, v->swap_total, &s->swap_total_pages, 8);
	guest_read(g, v->swap_free, &s->swap_free_pages, 8);
	node_counter(g, g->at.nr_writeback, &s->writeback_pages);
	node_counter(g, g->at.nr_dirty, &s->dirty_pages);
	node_counter(g, g->at.nr_written, &s->written_pages);
	sample_zones(v, s);
	sample_events(v, s);
}
