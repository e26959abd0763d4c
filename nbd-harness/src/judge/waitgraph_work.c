// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes: of a work item, or of a whole workqueue -> the works in the way ->
 * who must get to them, or end before they may begin.
 */
#include "judge/waitgraph_private.h"

#include <string.h>

static const struct work_facts *work_that_completes(const struct snapshot *s, guint64 completion)
{
	for (guint i = 0; i < s->works->len; i++) {
		const struct work_facts *w = &g_array_index(s->works, struct work_facts, i);

		if (w->completion && w->completion == completion)
			return w;
	}
	return NULL;
}

/* What must end before @work can begin: everything that runs in its pool or workqueue. */
static void add_work_queue(struct waitgraph *g, const struct snapshot *s, guint from,
			   const struct work_facts *work)
{
	for (guint i = 0; i < s->works->len; i++) {
		const struct work_facts *w = &g_array_index(s->works, struct work_facts, i);
		gint worker = w->state == WORK_RUNNING ? node_of_task(s, w->worker) : -1;

		if (worker < 0 ||
		    (work->state == WORK_INACTIVE ? w->pwq != work->pwq : w->pool != work->pool))
			continue;
		waitgraph_add_edge(g, from, worker, g_strdup("its turn in the queue"),
				   g_strdup_printf("%s runs %s", work->workqueue, w->function));
	}
}

static gboolean pool_has_idle_worker(const struct snapshot *s, guint64 pool)
{
	for (guint i = 0; i < s->pools->len; i++) {
		const struct pool_facts *p = &g_array_index(s->pools, struct pool_facts, i);

		if (p->address == pool)
			return p->idle > 0;
	}
	return TRUE; /* unknown: ignorance frees */
}

/* The node of the rescuer of @workqueue if it is at work, else -1. */
static gint busy_rescuer(const struct snapshot *s, const char *workqueue)
{
	for (guint i = 0; i < s->works->len; i++) {
		const struct work_facts *w = &g_array_index(s->works, struct work_facts, i);
		gint worker = w->state == WORK_RUNNING ? node_of_task(s, w->worker) : -1;

		if (worker >= 0 && !strcmp(w->workqueue, workqueue) &&
		    waitgraph_has_frame(task_at(s, worker - FIRST_TASK), "rescuer_thread"))
			return worker;
	}
	return -1;
}

/* A pool without an idle worker: one must get done, or be made (of memory), or rescue it. */
static void add_short_pool(struct waitgraph *g, const struct snapshot *s, guint from,
			   const struct work_facts *work)
{
	gint rescuer = work->rescuer ? busy_rescuer(s, work->workqueue) : -1;

	if (work->rescuer && rescuer < 0)
		return; /* will be called for help: free */
	if (rescuer >= 0)
		waitgraph_add_edge(g, from, rescuer, g_strdup("its rescuer"),
				   g_strdup_printf("rescuer_thread of %s", work->workqueue));
	add_work_queue(g, s, from, work);
	waitgraph_add_edge(g, from, MEMORY, g_strdup("memory for another worker"),
			   waitgraph_at_address("no idle worker in pool", work->pool));
}

static guint node_of_work(struct waitgraph *g, const struct snapshot *s,
			  const struct work_facts *work)
{
	gint at = waitgraph_node_of(g, NODE_WORK, work->address), worker;

	if (at >= 0)
		return at;
	worker = node_of_task(s, work->worker);
	at = waitgraph_add_node(g, NODE_WORK, NODE_ANY, work->address,
				g_strdup_printf("work on %s (%s)",
						work->workqueue[0] ? work->workqueue : "?",
						work_state_name(work->state)));
	if (work->state == WORK_RUNNING || work->state == WORK_BEHIND) {
		if (worker >= 0)
			waitgraph_add_edge(g, at, worker, g_strdup("its worker to get to it"),
					   waitgraph_at_address("worker.scheduled: work",
								work->address));
	} else if (work->state == WORK_INACTIVE) {
		add_work_queue(g, s, at, work);
	} else if (!pool_has_idle_worker(s, work->pool)) {
		add_short_pool(g, s, at, work);
	}
	return at;
}

/* Flushing a work item: a barrier was queued behind it. */
static void add_flush(struct waitgraph *g, const struct snapshot *s, guint from,
		      const struct work_facts *work)
{
	guint at = node_of_work(g, s, work);

	waitgraph_add_edge(g, from, at, g_strdup("a flushed work to end"),
			   waitgraph_at_address("flush barrier on its stack:", work->completion));
}

static const struct flusher_facts *flusher_of(const struct snapshot *s, guint64 completion)
{
	for (guint i = 0; i < s->flushers->len; i++) {
		const struct flusher_facts *f =
			&g_array_index(s->flushers, struct flusher_facts, i);

		if (f->completion == completion)
			return f;
	}
	return NULL;
}

/* Both wait for the same to begin or end. */
static gboolean wait_alike(const struct work_facts *a, const struct work_facts *b)
{
	return a->state == b->state && a->worker == b->worker && a->pool == b->pool &&
	       a->pwq == b->pwq;
}

/* Flushing a whole workqueue: each of its works in the way; of those that wait alike, the first. */
static void add_whole_flush(struct waitgraph *g, const struct snapshot *s, guint from,
			    const struct flusher_facts *f)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new();

	for (guint i = 0; i < s->works->len; i++) {
		struct work_facts *work = &g_array_index(s->works, struct work_facts, i);
		gboolean known = FALSE;

		if (work->wq != f->wq || !(work->color & f->colors))
			continue;
		for (guint k = 0; k < seen->len && !known; k++)
			known = wait_alike(work, g_ptr_array_index(seen, k));
		if (known)
			continue;
		g_ptr_array_add(seen, work);
		waitgraph_add_edge(g, from, node_of_work(g, s, work),
				   g_strdup("all works before its flush to end"),
				   waitgraph_at_address("wq_flusher on its stack, completion at",
							f->completion));
	}
}

gboolean waitgraph_add_flush(struct waitgraph *g, const struct snapshot *s, guint from,
			     guint64 completion)
{
	const struct work_facts *work = work_that_completes(s, completion);
	const struct flusher_facts *flusher = flusher_of(s, completion);

	if (work)
		add_flush(g, s, from, work);
	else if (flusher)
		add_whole_flush(g, s, from, flusher);
	return work || flusher;
}
