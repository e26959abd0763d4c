// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker_pool_idr -> struct worker_pool	every pool: of each CPU, unbound, BH
 *	-> workers -> struct worker		its workers, rescuers at work included
 *		-> current_work, scheduled	what runs, and what the same worker runs next
 *	-> worklist				what any of its workers takes next
 * workqueues -> workqueue_struct -> pwqs -> pool_workqueue -> inactive_works
 *	-> first_flusher, flusher_queue, flusher_overflow -> struct wq_flusher
 *
 * A flush waits on the completion of a struct wq_barrier, a work item that is
 * put right behind the one to be flushed, on whichever list that is.
 *
 * A flush of a whole workqueue waits on the completion of a struct wq_flusher.
 * Works carry a color, which each such flush moves on; in its way are those
 * from the color that is being flushed up to its own.
 *
 * As of 5.10 to 7.3 (kernel/workqueue.c); whole flushes where workers keep
 * the color of what they run (since 5.17).
 */
#include "guest/view_work.h"

#include "guest/xarray.h"

#define POOLS_MAX    4096
#define WORKERS_MAX  8192 /* of one pool */
#define WQS_MAX	     4096
#define PWQS_MAX     4096  /* of one workqueue */
#define WORKS_MAX    16384 /* of all */
#define FLUSHERS_MAX 4096  /* of one workqueue */
#define COLORS_MAX   16
#define ALL_COLORS   ((1u << COLORS_MAX) - 1)
#define NUMA_NO_NODE G_MAXUINT32

struct walk {
	struct snapshot *snapshot;
	guint64 barrier_func, cursor_func;
	enum work_state state; /* of the list that is being walked */
	guint64 worker;	       /* its task */
	guint64 wq;	       /* of the flushers that are being walked */
	guint32 flush_color;   /* that this one flushes now */
};

/* The pool_workqueue that a queued work belongs to: in the high bits of its data. */
static guint64 pwq_of(const struct guest *g, guint64 work)
{
	guint64 data;

	if (g->at.work_is_pwq < 0 || g->at.work_pwq_shift < 0 || g->at.work_pwq_shift > 16 ||
	    !guest_u64(g, work + g->at.work_data, &data) || !(data & g->at.work_is_pwq))
		return 0;
	data &= ~((1ull << g->at.work_pwq_shift) - 1);
	return guest_is_pointer(data) ? data : 0;
}

/*
 * Where max_active is counted for works of @pwq: there, but since 6.9 for
 * unbound workqueues over all of a node's (wq_node_nr_active()), or of all
 * nodes' where the pool has none.
 */
static guint64 counted_at(const struct guest *g, guint64 pwq, guint64 pool, guint64 wq)
{
	guint64 nodes = symbols_address(g->symbols, "nr_node_ids"), counter;
	guint32 flags, node, n = 1;

	if (g->at.wq_node_active == LAYOUT_NONE || g->at.wq_flags == LAYOUT_NONE ||
	    g->at.pool_node == LAYOUT_NONE || g->at.wq_unbound < 0 ||
	    !guest_u32(g, wq + g->at.wq_flags, &flags) || !(flags & g->at.wq_unbound) ||
	    !guest_u32(g, pool + g->at.pool_node, &node) || (nodes && !guest_u32(g, nodes, &n)) ||
	    (node >= n && node != NUMA_NO_NODE))
		return pwq;
	if (node == NUMA_NO_NODE)
		node = n;
	if (!guest_u64(g, wq + g->at.wq_node_active + node * 8ull, &counter))
		return pwq;
	return guest_is_pointer(counter) ? counter : pwq;
}

static void describe_workqueue(const struct guest *g, struct work_facts *facts)
{
	guint64 wq, rescuer;

	if (!facts->pwq || !guest_u64(g, facts->pwq + g->at.pwq_pool, &facts->pool) ||
	    !guest_u64(g, facts->pwq + g->at.pwq_wq, &wq) || !guest_is_pointer(wq) ||
	    !guest_u64(g, wq + g->at.wq_rescuer, &rescuer) ||
	    !guest_read_text(g, wq + g->at.wq_name, facts->workqueue, sizeof(facts->workqueue)))
		return;
	facts->wq = wq;
	facts->rescuer = rescuer != 0;
	facts->pwq = counted_at(g, facts->pwq, facts->pool, wq);
}

static gboolean knows_colors(const struct guest *g)
{
	return !g->at.lacks_flush && g->at.work_color_shift >= 0 && g->at.work_color_shift < 32 &&
	       g->at.work_color_bits > 0 && 1ll << MIN(g->at.work_color_bits, 8) <= COLORS_MAX;
}

/* The color of a queued work, as a bit; 0: unknown. */
static guint32 color_of(const struct guest *g, guint64 work)
{
	guint64 data;

	if (!knows_colors(g) || !guest_u64(g, work + g->at.work_data, &data))
		return 0;
	return 1u << ((data >> g->at.work_color_shift) & ((1u << g->at.work_color_bits) - 1));
}

/* The color of what @worker runs: what runs is on no list, and may be queued anew. */
static guint32 color_running(const struct guest *g, guint64 worker)
{
	guint32 color;

	return knows_colors(g) && guest_u32(g, worker + g->at.worker_color, &color) &&
			       color < COLORS_MAX
		       ? 1u << color
		       : 0;
}

static gboolean add_work(const struct guest *g, struct walk *walk, guint64 work, guint64 func,
			 guint64 pwq, guint32 color)
{
	struct work_facts facts = { .address = work,
				    .state = walk->state,
				    .pwq = pwq,
				    .worker = walk->worker,
				    .color = color };
	guint offset = 0;
	const char *name = symbols_function(g->symbols, func, &offset);

	if (walk->snapshot->works->len == WORKS_MAX)
		return FALSE;
	facts.function = name && !offset ? g_intern_string(name) : NULL;
	if (func && func == walk->barrier_func)
		facts.completion = work - g->at.barrier_work + g->at.barrier_done;
	describe_workqueue(g, &facts);
	g_array_append_val(walk->snapshot->works, facts);
	return TRUE;
}

/* A rescuer's bookmark on a worklist (since 6.12.y) is no work. */
static gboolean see_work(const struct guest *g, guint64 work, gpointer data)
{
	struct walk *walk = data;
	guint64 func;

	if (!guest_u64(g, work + g->at.work_func, &func))
		return FALSE;
	return (func && func == walk->cursor_func) ||
	       add_work(g, walk, work, func, pwq_of(g, work), color_of(g, work));
}

static gboolean see_list(const struct guest *g, struct walk *walk, enum work_state state,
			 guint64 head)
{
	walk->state = state;
	return guest_list(g, head, g->at.work_entry, WORKS_MAX, see_work, walk) >= 0;
}

static gboolean see_worker(const struct guest *g, guint64 worker, gpointer data)
{
	struct walk *walk = data;
	guint64 work, func, pwq;
	gboolean ok = TRUE;

	if (!guest_u64(g, worker + g->at.worker_task, &walk->worker) ||
	    !guest_u64(g, worker + g->at.worker_work, &work) ||
	    !guest_u64(g, worker + g->at.worker_func, &func) ||
	    !guest_u64(g, worker + g->at.worker_pwq, &pwq))
		return FALSE;
	walk->state = WORK_RUNNING;
	if (work)
		ok = add_work(g, walk, work, func, guest_is_pointer(pwq) ? pwq : 0,
			      color_running(g, worker));
	ok = ok && see_list(g, walk, WORK_BEHIND, worker + g->at.worker_scheduled);
	walk->worker = 0;
	return ok;
}

static gboolean see_pool(const struct guest *g, guint64 index, guint64 pool, gpointer data)
{
	struct walk *walk = data;
	struct pool_facts facts = { .address = pool };

	if (!guest_read(g, pool + g->at.pool_cpu, &facts.cpu, 4) ||
	    !guest_read(g, pool + g->at.pool_id, &facts.id, 4) ||
	    !guest_u32(g, pool + g->at.pool_nr_workers, &facts.workers) ||
	    !guest_u32(g, pool + g->at.pool_nr_idle, &facts.idle))
		return FALSE;
	g_array_append_val(walk->snapshot->pools, facts);
	return guest_list(g, pool + g->at.pool_workers, g->at.worker_node, WORKERS_MAX, see_worker,
			  walk) >= 0 &&
	       see_list(g, walk, WORK_PENDING, pool + g->at.pool_worklist);
}

static gboolean see_pwq(const struct guest *g, guint64 pwq, gpointer data)
{
	return see_list(g, data, WORK_INACTIVE, pwq + g->at.pwq_inactive);
}

/* Colors from @first up to @last, which go round. */
static guint32 colors_between(guint32 first, guint32 last)
{
	guint32 colors = 0;

	if (first >= COLORS_MAX || last >= COLORS_MAX)
		return ALL_COLORS; /* not given one yet: after all others */
	for (; first != last; first = (first + 1) % COLORS_MAX)
		colors |= 1u << first;
	return colors | 1u << last;
}

static gboolean see_flusher(const struct guest *g, guint64 flusher, gpointer data)
{
	struct walk *walk = data;
	struct flusher_facts facts = { .completion = flusher + g->at.flusher_done, .wq = walk->wq };
	guint32 color;

	if (!guest_u32(g, flusher + g->at.flusher_color, &color))
		return FALSE;
	facts.colors = colors_between(walk->flush_color, color);
	g_array_append_val(walk->snapshot->flushers, facts);
	return TRUE;
}

static gboolean see_flushers(const struct guest *g, struct walk *walk)
{
	guint64 first;

	if (!knows_colors(g))
		return TRUE;
	return guest_u32(g, walk->wq + g->at.wq_flush_color, &walk->flush_color) &&
	       guest_u64(g, walk->wq + g->at.wq_first_flusher, &first) &&
	       (!guest_is_pointer(first) || see_flusher(g, first, walk)) &&
	       guest_list(g, walk->wq + g->at.wq_flusher_queue, g->at.flusher_list, FLUSHERS_MAX,
			  see_flusher, walk) >= 0 &&
	       guest_list(g, walk->wq + g->at.wq_flusher_overflow, g->at.flusher_list, FLUSHERS_MAX,
			  see_flusher, walk) >= 0;
}

static gboolean see_workqueue(const struct guest *g, guint64 wq, gpointer data)
{
	struct walk *walk = data;

	walk->wq = wq;
	return guest_list(g, wq + g->at.wq_pwqs, g->at.pwq_node, PWQS_MAX, see_pwq, data) >= 0 &&
	       see_flushers(g, walk);
}

gboolean view_work_snapshot(const struct guest *g, struct snapshot *snapshot)
{
	struct walk walk = { .snapshot = snapshot,
			     .barrier_func = symbols_address(g->symbols, "wq_barrier_func"),
			     .cursor_func = symbols_address(g->symbols, "mayday_cursor_func") };
	guint64 pools = symbols_address(g->symbols, "worker_pool_idr");
	guint64 workqueues = symbols_address(g->symbols, "workqueues");

	if (g->at.lacks_work || !pools || !workqueues)
		return TRUE;

	gboolean ok = xarray_walk(g, pools + g->at.idr_head, POOLS_MAX, see_pool, &walk) >= 0;

	walk.worker = 0; /* a walk that broke off may have left one */
	return guest_list(g, workqueues, g->at.wq_list, WQS_MAX, see_workqueue, &walk) >= 0 && ok;
}
