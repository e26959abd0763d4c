// SPDX-License-Identifier: GPL-2.0-only
#include "report/state.h"

#include "report/markup.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

static char *text(const char *value)
{
	return g_strdup(value ? value : "?");
}

static char *number(gint64 value)
{
	return grouped(value);
}

static char *yes(gboolean value)
{
	return g_strdup(value ? "yes" : "no");
}

static char *address(guint64 value)
{
	return value ? g_strdup_printf(HEX, value) : g_strdup("");
}

/* Element @i of an array of facts. */
#define AT(array, type, i) (&g_array_index(array, struct type, i))

static char *zone_state(const struct zone_facts *z)
{
	GString *out = g_string_new(z->free_pages < z->min_pages   ? "below min"
				    : z->free_pages < z->low_pages ? "below low"
								   : "");

	if (z->boost_pages)
		g_string_append_printf(out, "%swatermarks boosted by %" G_GINT64_FORMAT,
				       out->len ? "; " : "", z->boost_pages);
	if (z->highatomic_pages)
		g_string_append_printf(out, "%s%" G_GINT64_FORMAT " kept as HIGHATOMIC",
				       out->len ? "; " : "", z->highatomic_pages);
	return g_string_free(out, FALSE);
}

static void zones(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->zones->len; i++) {
		const struct zone_facts *z = AT(s->zones, zone_facts, i);

		/* A zone without memory of its own. */
		if (!z->managed_pages && !z->free_pages)
			continue;
		table_row(t, text(z->name), number(z->node), number(z->free_pages),
			  number(z->min_pages), number(z->low_pages), number(z->high_pages),
			  number(z->managed_pages), zone_state(z), NULL);
	}
}

/* What never happened is no news; that a zone was never short, neither. */
static void reserve(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->zones->len; i++) {
		const struct zone_facts *z = AT(s->zones, zone_facts, i);

		if (z->lowest_pages >= 0)
			table_row(t, g_strdup_printf("lowest_free_%s", z->name),
				  number(z->lowest_pages), NULL);
	}
	for (guint i = 0; i < s->reserve->len; i++) {
		const struct reserve_facts *r = AT(s->reserve, reserve_facts, i);

		if (r->count)
			table_row(t, text(r->name), number(r->count), NULL);
	}
}

static void requests(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->requests->len; i++) {
		const struct request_facts *r = AT(s->requests, request_facts, i);

		table_row(t, text(r->name), text(r->op),
			  r->bytes ? number(r->bytes / 1024) : g_strdup("?"),
			  r->age_ms < 0 ? g_strdup("?") : g_strdup_printf("%.1f", r->age_ms / 1e3),
			  r->lost ? g_strdup("lost") : yes(r->on_wire), address(r->folio), NULL);
	}
}

static void tags(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->tags->len; i++) {
		const struct tags_facts *f = AT(s->tags, tags_facts, i);

		table_row(t, text(f->name), number(f->depth), number(f->taken),
			  number(f->in_flight), NULL);
	}
}

static void sockets(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->sockets->len; i++) {
		const struct socket_facts *f = AT(s->sockets, socket_facts, i);

		table_row(t, text(f->name),
			  g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
					  f->wmem_queued_bytes, f->sndbuf_bytes),
			  number(f->unacked_bytes), g_strdup_printf("%u", f->snd_una),
			  g_strdup_printf("%u", f->snd_nxt), number(f->rmem_bytes),
			  number(f->backlog_bytes), number(f->retransmits),
			  f->timer_in_jiffies == G_MININT64 ? g_strdup("not armed")
							    : number(f->timer_in_jiffies),
			  yes(f->memalloc), NULL);
	}
}

static void napis(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *n = AT(s->napis, napi_facts, i);

		table_row(t, text(n->device), text(n->poll),
			  text(n->disabled    ? "DISABLED"
			       : n->scheduled ? "scheduled"
					      : "idle"),
			  n->rx_posted < 0 ? g_strdup("?") : number(n->rx_posted),
			  n->rx_seen < 0 ? g_strdup("?") : number(n->rx_seen),
			  n->rx_dropped < 0 ? g_strdup("?") : number(n->rx_dropped), NULL);
	}
}

static const struct task_facts *task_at(const struct snapshot *s, guint64 task)
{
	for (guint i = 0; task && i < s->tasks->len; i++) {
		if (AT(s->tasks, task_facts, i)->address == task)
			return AT(s->tasks, task_facts, i);
	}
	return NULL;
}

static const struct pool_facts *pool_at(const struct snapshot *s, guint64 pool)
{
	for (guint i = 0; i < s->pools->len; i++) {
		if (AT(s->pools, pool_facts, i)->address == pool)
			return AT(s->pools, pool_facts, i);
	}
	return NULL;
}

static char *pool_name(const struct pool_facts *p)
{
	if (!p)
		return g_strdup("?");
	return p->cpu < 0 ? g_strdup_printf("%d, unbound", p->id)
			  : g_strdup_printf("%d, CPU %d", p->id, p->cpu);
}

static void works(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->works->len; i++) {
		const struct work_facts *w = AT(s->works, work_facts, i);
		const struct task_facts *worker = task_at(s, w->worker);

		table_row(t, text(w->function), text(w->workqueue), text(work_state_name(w->state)),
			  worker ? g_strdup_printf("%s:%d", worker->comm, worker->pid)
				 : g_strdup(""),
			  pool_name(pool_at(s, w->pool)), yes(w->rescuer), NULL);
	}
}

/* Those with nobody to spare; idle pools are no news. */
static void pools(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->pools->len; i++) {
		const struct pool_facts *p = AT(s->pools, pool_facts, i);

		if (p->workers && !p->idle)
			table_row(t, pool_name(p), number(p->workers), number(p->idle), NULL);
	}
}

static void mempools(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->mempools->len; i++) {
		const struct mempool_facts *m = AT(s->mempools, mempool_facts, i);

		table_row(t, *m->name ? text(m->name) : address(m->address), number(m->curr_nr),
			  number(m->min_nr), text(m->cache), NULL);
	}
}

/* What tags or mempool @object is. */
static char *name_of_held(const struct snapshot *s, guint64 object)
{
	for (guint i = 0; i < s->tags->len; i++) {
		const struct tags_facts *tags = AT(s->tags, tags_facts, i);

		if (tags->queue == object)
			return g_strdup_printf("requests of %s", tags->name);
	}
	for (guint i = 0; i < s->mempools->len; i++) {
		const struct mempool_facts *m = AT(s->mempools, mempool_facts, i);

		if (m->address == object && *m->name)
			return g_strdup_printf("elements of %s", m->name);
	}
	return address(object);
}

static void holders(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->holders->len; i++) {
		const struct holder_facts *h = AT(s->holders, holder_facts, i);
		const struct task_facts *by = task_at(s, h->task);

		table_row(t, name_of_held(s, h->object), number(h->count),
			  by ? g_strdup_printf("%s:%d", by->comm, by->pid) : address(h->task),
			  g_strdup_printf("%s 0x%" G_GINT64_MODIFIER "x", h->where ? h->where : "?",
					  h->at),
			  NULL);
	}
}

static void folios(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->folios->len; i++) {
		const struct folio_facts *f = AT(s->folios, folio_facts, i);

		table_row(t, address(f->address), yes(f->locked), yes(f->writeback),
			  yes(f->swapcache), yes(f->dirty),
			  *f->request ? text(f->request) : g_strdup("none"), NULL);
	}
}

static void reclaimers(const struct snapshot *s, struct table *t)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct task_facts *f = AT(s->tasks, task_facts, i);

		if (f->reclaiming)
			table_row(t, g_strdup_printf("%s:%d", f->comm, f->pid),
				  g_strdup_printf("0x%x", f->reclaim_gfp), number(f->reclaim_order),
				  number(f->reclaim_priority), number(f->reclaim_done_pages), NULL);
	}
}

static const struct {
	const char *title;
	const char *columns[TABLE_COLUMNS_MAX + 1];
	void (*fill)(const struct snapshot *s, struct table *t);
} parts[] = {
	{ "Zones, in pages",
	  { "zone", "#node", "#free", "#min", "#low", "#high", "#managed", "state" },
	  zones },
	{ "The reserve, since boot", { "counter", "#count" }, reserve },
	{ "Requests in flight",
	  { "request", "operation", "#KiB", "#age, s", "sent", "folio" },
	  requests },
	{ "Tags", { "device", "#tags", "#taken", "#in flight" }, tags },
	{ "Sockets of the swap device, in bytes",
	  { "socket", "#queued", "#unacked", "#snd_una", "#snd_nxt", "#rmem", "#backlog",
	    "#retransmits", "#timer, jiffies", "memalloc" },
	  sockets },
	{ "NAPI",
	  { "device", "poll", "state", "#receive buffers posted", "#seen by the device",
	    "#dropped on arrival" },
	  napis },
	{ "In page reclaim", { "task", "gfp", "#order", "#priority", "#freed pages" }, reclaimers },
	{ "Work items",
	  { "function", "workqueue", "state", "worker", "pool", "has rescuer" },
	  works },
	{ "Worker pools without an idle worker", { "pool", "#workers", "#idle" }, pools },
	{ "Mempools waited for", { "mempool", "#left", "#reserved", "slab cache" }, mempools },
	{ "Taken, not in flight, and waited for", { "what", "#count", "task", "where" }, holders },
	{ "Folios waited for",
	  { "folio", "locked", "writeback", "swap cache", "dirty", "carried by" },
	  folios },
};

GPtrArray *state_tables(const struct snapshot *s)
{
	GPtrArray *tables = g_ptr_array_new_with_free_func((GDestroyNotify)table_free);

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		struct table *t = table_new(parts[i].title, parts[i].columns);

		parts[i].fill(s, t);
		if (t->rows->len)
			g_ptr_array_add(tables, t);
		else
			table_free(t);
	}
	return tables;
}
