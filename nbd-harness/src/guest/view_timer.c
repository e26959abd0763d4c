// SPDX-License-Identifier: GPL-2.0-only
/*
 * timer_bases of each CPU -> vectors[] -> timer_list, of which those count that are
 *
 *	of a delayed_work whose function connects anew, or sees to RPC's timeouts
 *	of a request_queue of nvme-tcp: after 30 s it takes back what was not answered
 *
 * A timer fires when one that was pending is gone, or stands for a later time.  NBD's own
 * queue is not among them: without a timeout= its timer only complains.
 *
 * As of 5.10 to 7.3 (kernel/time/timer.c): two bases for a CPU, three since 6.9.
 * What lies behind the second is no base before, and looks like no timer that counts.
 * A sample that could not read the first two to their ends knows nothing: what it missed
 * would seem to have fired.
 */
#include "guest/view_timer.h"

#define BASES	    3
#define BASES_SURE  2
#define VECTORS_MAX 1024
#define TIMERS_MAX  4096 /* of one base */
#define WATCHED_MAX 256

static const char *const recovery_works[] = {
	"nvme_tcp_reconnect_ctrl_work",
	"xs_tcp_setup_socket",
	"__rpc_queue_timer_fn",
};

struct view_timer {
	const struct guest *g;
	guint64 bases;		/* linked address of timer_bases; 0: cannot be read */
	guint64 delayed, queue; /* timer functions */
	guint64 works[G_N_ELEMENTS(recovery_works)];
	guint64 nvme_ops;
	GHashTable *pending; /* address of timer -> expires, as of the last sample */
	gint64 fires;
};

struct view_timer *view_timer_new(const struct guest *g)
{
	struct view_timer *v = g_new0(struct view_timer, 1);

	v->g = g;
	v->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	if (!g->at.lacks_timers)
		v->bases = symbols_address(g->symbols, "timer_bases");
	v->delayed = symbols_address(g->symbols, "delayed_work_timer_fn");
	v->queue = symbols_address(g->symbols, "blk_rq_timed_out_timer");
	v->nvme_ops = symbols_address(g->symbols, "nvme_tcp_mq_ops");
	for (guint i = 0; i < G_N_ELEMENTS(recovery_works); i++)
		v->works[i] = symbols_address(g->symbols, recovery_works[i]);
	return v;
}

void view_timer_free(struct view_timer *v)
{
	if (!v)
		return;
	g_hash_table_unref(v->pending);
	g_free(v);
}

static gboolean counts(const struct view_timer *v, guint64 timer)
{
	const struct guest *g = v->g;
	guint64 function, what;

	if (!guest_u64(g, timer + g->at.timer_function, &function) || !function)
		return FALSE;
	if (function == v->queue)
		return v->nvme_ops &&
		       guest_u64(g, timer - g->at.queue_timeout + g->at.queue_ops_at, &what) &&
		       what == v->nvme_ops;
	if (function != v->delayed ||
	    !guest_u64(g, timer - g->at.delayed_timer + g->at.timer_work_func, &what) || !what)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(recovery_works); i++) {
		if (what == v->works[i])
			return TRUE;
	}
	return FALSE;
}

static void note(const struct view_timer *v, GHashTable *now, guint64 timer)
{
	guint64 expires;

	if (g_hash_table_size(now) < WATCHED_MAX && counts(v, timer) &&
	    guest_u64(v->g, timer + v->g->at.timer_expires, &expires))
		g_hash_table_insert(now, g_memdup2(&timer, sizeof(timer)),
				    g_memdup2(&expires, sizeof(expires)));
}

static gboolean walk_base(const struct view_timer *v, GHashTable *now, guint64 base)
{
	const struct guest *g = v->g;
	guint64 heads[VECTORS_MAX];
	guint n = MIN(g->at.timer_vectors_bytes / 8, VECTORS_MAX), seen = 0;

	if (!guest_read(g, base + g->at.timer_vectors, heads, n * 8))
		return FALSE;
	for (guint i = 0; i < n; i++) {
		guint64 node = heads[i];

		/* struct hlist_node, the first member of timer_list; the list ends with NULL. */
		for (; guest_is_pointer(node) && seen < TIMERS_MAX; seen++) {
			note(v, now, node - g->at.timer_entry);
			if (!guest_u64(g, node, &node))
				return FALSE;
		}
		if (node)
			return FALSE;
	}
	return TRUE;
}

/* Those that were pending and are not, or only for a later time. */
static guint fired(GHashTable *before, GHashTable *now)
{
	GHashTableIter at;
	gpointer timer, expires;
	guint n = 0;

	g_hash_table_iter_init(&at, before);
	while (g_hash_table_iter_next(&at, &timer, &expires)) {
		const guint64 *later = g_hash_table_lookup(now, timer);

		n += !later || (gint64)(*later - *(guint64 *)expires) > 0;
	}
	return n;
}

static gboolean walk_all(const struct view_timer *v, GHashTable *now)
{
	for (guint cpu = 0; cpu < v->g->cpus; cpu++) {
		for (guint i = 0; i < BASES; i++) {
			guint64 base = v->bases + v->g->percpu_offset[cpu] +
				       (guint64)i * v->g->at.timer_base_bytes;

			if (!walk_base(v, now, base) && i < BASES_SURE)
				return FALSE;
		}
	}
	return TRUE;
}

void view_timer_sample(struct view_timer *v, struct sample *s)
{
	g_autoptr(GHashTable) now = NULL;

	if (!v->bases || !v->g->at.timer_base_bytes)
		return;
	now = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	if (!walk_all(v, now))
		return;
	v->fires += fired(v->pending, now);
	g_hash_table_unref(v->pending);
	v->pending = g_hash_table_ref(now);
	s->recovery_timers = g_hash_table_size(now);
	s->recovery_fires = v->fires;
}
