// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts -> nodes and edges.  Each edge says what is waited for and where that
 * was read; whether anybody is stuck is not decided here.
 */
#include "judge/waitgraph_private.h"

#include <string.h>

#define CONNECTION_OBJECT 1 /* there is one such node, and it stands for no one address */
#define KTHREADD_PID	  2 /* rest_init() starts it second, before any other thread (init/main.c) */

static void clear_node(gpointer node)
{
	g_free(((struct wait_node *)node)->label);
	g_free(((struct wait_node *)node)->unread);
}

static void clear_edge(gpointer data)
{
	struct wait_edge *edge = data;

	g_free(edge->held);
	g_free(edge->evidence);
}

guint waitgraph_add_node(struct waitgraph *g, enum node_kind kind, enum node_mode mode,
			 guint64 object, char *label)
{
	struct wait_node node = {
		.kind = kind, .mode = mode, .label = label, .object = object, .task = -1
	};

	g_array_append_val(g->nodes, node);
	return g->nodes->len - 1;
}

void waitgraph_add_edge(struct waitgraph *g, guint from, guint to, char *held, char *evidence)
{
	struct wait_edge edge = { from, to, held, evidence, FALSE };

	g_array_append_val(g->edges, edge);
}

gint node_of_task(const struct snapshot *s, guint64 address)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		if (task_at(s, i)->address == address)
			return FIRST_TASK + i;
	}
	return -1;
}

gint waitgraph_node_of(const struct waitgraph *g, enum node_kind kind, guint64 object)
{
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		if (node_at(g, i)->kind == kind && node_at(g, i)->object == object)
			return i;
	}
	return -1;
}

static void add_tasks(struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct task_facts *t = task_at(s, i);
		struct wait_facts wait = wait_of(t);
		guint at = waitgraph_add_node(g, NODE_TASK, NODE_ALL, t->address,
					      g_strdup_printf("%s:%d [%s]", t->comm, t->pid,
							      wait.entry));

		node_at(g, at)->task = i;
		node_at(g, at)->wait = wait;
	}
}

gboolean waitgraph_has_frame(const struct task_facts *t, const char *function)
{
	for (guint i = 0; i < t->frames; i++) {
		if (!g_strcmp0(t->stack[i].function, function))
			return TRUE;
	}
	return FALSE;
}

/* In I/O's way: what it waits for must end before pages can go out or come in. */
static gboolean holds_up_io(const struct wait_facts *w)
{
	return w->in_reclaim || w->in_swap_io;
}

char *waitgraph_at_address(const char *what, guint64 address)
{
	return g_strdup_printf("%s 0x%" G_GINT64_MODIFIER "x", what, address);
}

gboolean waitgraph_has_connection(const struct waitgraph *g)
{
	return waitgraph_node_of(g, NODE_CONNECTION, CONNECTION_OBJECT) >= 0;
}

static gboolean reconnects(const struct waitgraph *g, guint task)
{
	const struct wait_facts *w = &node_at(g, task)->wait;

	return w->reconnector && w->kind != WAIT_IDLE;
}

/* Something waits for it (NBD), or somebody is about to bring it back. */
static gboolean connection_is_lost(const struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->requests->len; i++) {
		if (g_array_index(s->requests, struct request_facts, i).lost)
			return TRUE;
	}
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct wait_node *task = node_at(g, FIRST_TASK + i);

		if (task->wait.kind == WAIT_CONNECTION ||
		    (task_at(s, i)->kernel_thread && reconnects(g, FIRST_TASK + i)))
			return TRUE;
	}
	return FALSE;
}

static void add_reconnector(struct waitgraph *g, const struct snapshot *s, guint connection,
			    guint task)
{
	const struct wait_node *node = node_at(g, task);

	if (!reconnects(g, task))
		return;
	waitgraph_add_edge(g, connection, task, g_strdup("somebody to connect anew"),
			   task_at(s, node->task)->kernel_thread
				   ? g_strdup_printf("%s on its stack", node->wait.reconnector)
				   : g_strdup_printf("a process called %s",
						     node->wait.reconnector));
}

/* What was sent, or is to be, over a connection that is lost waits for who brings it back; if
 * nobody is about to, it is not known who will.  FALSE: it is not lost. */
static gboolean add_connection(struct waitgraph *g, const struct snapshot *s, guint from,
			       const char *evidence)
{
	gint at = waitgraph_node_of(g, NODE_CONNECTION, CONNECTION_OBJECT);

	if (at < 0 && !connection_is_lost(g, s))
		return FALSE;
	if (at < 0) {
		at = waitgraph_add_node(g, NODE_CONNECTION, NODE_ANY, CONNECTION_OBJECT,
					g_strdup("lost connection"));
		for (guint i = 0; i < s->tasks->len; i++)
			add_reconnector(g, s, at, FIRST_TASK + i);
	}
	waitgraph_add_edge(g, from, at, g_strdup("the connection to come back"),
			   g_strdup(evidence));
	return TRUE;
}

/*
 * I/O can be moved on by requests in flight, if the peer knows of them, by those who bring the
 * connection back, and by those who submit unless they wait for the same themselves (@waits).
 * FALSE: by nobody.
 */
static gboolean add_io_movers(struct waitgraph *g, const struct snapshot *s, guint from,
			      enum wait_kind waits)
{
	guint on_disk = 0, unanswerable = 0;

	for (guint i = 0; i < s->requests->len; i++) {
		const struct request_facts *r =
			&g_array_index(s->requests, struct request_facts, i);

		on_disk += r->local;
		unanswerable += r->unsent || r->lost;
	}

	gboolean any = s->requests->len > unanswerable;

	any |= add_connection(g, s, from, "nobody answers what was sent before");
	if (on_disk)
		waitgraph_add_edge(g, from, DISK, g_strdup("requests in flight"),
				   g_strdup_printf("%u requests to other disks", on_disk));
	if (s->requests->len > on_disk + unanswerable)
		waitgraph_add_edge(g, from, NETWORK, g_strdup("replies to requests in flight"),
				   g_strdup_printf("%u requests in flight",
						   s->requests->len - on_disk - unanswerable));
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct wait_facts *w = &node_at(g, FIRST_TASK + i)->wait;

		if (w->kind == WAIT_IDLE || !w->in_swap_io || w->kind == waits)
			continue;
		waitgraph_add_edge(g, from, FIRST_TASK + i, g_strdup("submission by any of"),
				   g_strdup("stack"));
		any = TRUE;
	}
	return any;
}

static void add_memory_and_io(struct waitgraph *g, const struct snapshot *s)
{
	gboolean moves = add_io_movers(g, s, IO, WAIT_IO);

	for (guint i = 0; i < s->tasks->len; i++) {
		const struct wait_facts *w = &node_at(g, FIRST_TASK + i)->wait;

		if (w->kind == WAIT_IO && !moves)
			node_at(g, IO)->orphan = TRUE;
		if (w->kind != WAIT_IDLE && w->in_reclaim)
			waitgraph_add_edge(g, MEMORY, FIRST_TASK + i, g_strdup("reclaim by any of"),
					   g_strdup("stack"));
	}
	/* Completed writeback frees memory too. */
	waitgraph_add_edge(g, MEMORY, IO, g_strdup("writeback to end"), g_strdup("swap-out"));
}

/* A lock whose owner is known. */
static void add_lock(struct waitgraph *g, const struct snapshot *s, guint from,
		     const struct task_facts *t)
{
	const char *kind = object_kind_name(t->on.kind);
	gint owner = node_of_task(s, t->on.owner);

	if (owner < 0)
		return;
	waitgraph_add_edge(
		g, from, owner,
		t->on.name[0] ? g_strdup_printf("%s %s", kind, t->on.name) : g_strdup(kind),
		g_strdup_printf("%s_waiter on its stack, owner read from 0x%" G_GINT64_MODIFIER "x",
				kind, t->on.address));
}

static const struct tags_facts *tags_of(const struct snapshot *s, guint64 queue)
{
	for (guint i = 0; i < s->tags->len; i++) {
		const struct tags_facts *tags = &g_array_index(s->tags, struct tags_facts, i);

		if (tags->queue == queue)
			return tags;
	}
	return NULL;
}

static const struct mempool_facts *mempool_of(const struct snapshot *s, guint64 address)
{
	for (guint i = 0; i < s->mempools->len; i++) {
		const struct mempool_facts *m =
			&g_array_index(s->mempools, struct mempool_facts, i);

		if (m->address == address)
			return m;
	}
	return NULL;
}

/*
 * No I/O brings back the @taken of @object, called @what ("requests"): those who hold them may.
 * Unless all are found it is an orphan, for the rest may be anybody's.
 */
static void add_holders(struct waitgraph *g, const struct snapshot *s, guint from, guint64 object,
			guint taken, const char *what)
{
	guint found = 0;

	for (guint i = 0; i < s->holders->len; i++) {
		const struct holder_facts *h = &g_array_index(s->holders, struct holder_facts, i);

		if (h->object == object && node_of_task(s, h->task) >= 0)
			found += h->count;
	}
	if (!taken || found != taken) {
		node_at(g, from)->orphan = TRUE;
		node_at(g, from)->unread = g_strdup_printf(
			"who holds the %u %s that are taken cannot be read", taken, what);
		return;
	}
	for (guint i = 0; i < s->holders->len; i++) {
		const struct holder_facts *h = &g_array_index(s->holders, struct holder_facts, i);

		if (h->object != object)
			continue;
		waitgraph_add_edge(g, from, node_of_task(s, h->task),
				   g_strdup_printf("one of %u %s", h->count, what),
				   waitgraph_at_address(h->where ? h->where : "?", h->at));
		edge_at(g, g->edges->len - 1)->holds = TRUE;
	}
}

/* A free request of one device.  Those taken come back when I/O completes; if none is under way,
 * whoever took them must be found. */
static void add_tag_wait(struct waitgraph *g, const struct snapshot *s, guint from,
			 const struct task_facts *t, const struct wait_facts *w)
{
	const struct tags_facts *tags = t->on.kind == OBJECT_TAGS ? tags_of(s, t->on.address)
								  : NULL;
	gint at = tags ? waitgraph_node_of(g, NODE_TAGS, tags->queue) : IO;

	if (at < 0) {
		at = waitgraph_add_node(g, NODE_TAGS, NODE_ANY, tags->queue,
					g_strdup_printf("tags of %s", tags->name));
		if (!tags->in_flight || !add_io_movers(g, s, at, WAIT_TAG))
			add_holders(g, s, at, tags->queue, tags->taken, "requests");
	}
	waitgraph_add_edge(g, from, at, g_strdup("a free request"),
			   tags ? g_strdup_printf("%s: %u of %u tags taken, %u in flight",
						  w->function, tags->taken, tags->depth,
						  tags->in_flight)
				: g_strdup(w->function));
}

/*
 * An object without a name goes by the code that waits for it: I/O's before
 * others', and the first by the alphabet, so that it is the same in each run.
 */
static void name_by_waiter(struct wait_node *node, const char *what, const struct wait_facts *w)
{
	const char *caller = w->caller ? w->caller : w->function;
	const char *before = node->wait.caller ? node->wait.caller : node->wait.function;

	if (before && (holds_up_io(w) < holds_up_io(&node->wait) ||
		       (holds_up_io(w) == holds_up_io(&node->wait) && strcmp(caller, before) >= 0)))
		return;
	node->wait = *w;
	g_free(node->label);
	node->label = g_strdup_printf("%s of %s", what, caller);
}

/* An element of the pool, or memory for a new one: it looks again for both now and then. */
static void add_mempool_wait(struct waitgraph *g, const struct snapshot *s, guint from,
			     const struct task_facts *t, const struct wait_facts *w)
{
	const struct mempool_facts *m = t->on.kind == OBJECT_MEMPOOL ? mempool_of(s, t->on.address)
								     : NULL;

	node_at(g, from)->mode = NODE_ANY;
	waitgraph_add_edge(g, from, MEMORY, g_strdup("memory"), g_strdup(w->function));
	if (!m)
		return;

	gint at = waitgraph_node_of(g, NODE_MEMPOOL, m->address);

	if (at < 0) {
		at = waitgraph_add_node(g, NODE_MEMPOOL, NODE_ANY, m->address,
					g_strdup_printf("mempool %s", m->name));
		if (!add_io_movers(g, s, at, WAIT_MEMPOOL))
			add_holders(g, s, at, m->address,
				    m->min_nr > m->curr_nr ? m->min_nr - m->curr_nr : 0,
				    "elements");
	}
	if (!m->name[0])
		name_by_waiter(node_at(g, at), "mempool", w);
	waitgraph_add_edge(g, from, at, g_strdup("an element"),
			   g_strdup_printf("%s: %u of %u left%s%s", w->function, m->curr_nr,
					   m->min_nr, m->cache[0] ? ", of slab cache " : "",
					   m->cache));
}

/* A new kernel thread is made, and its asker told, by kthreadd. */
static gboolean add_kthreadd(struct waitgraph *g, const struct snapshot *s, guint from,
			     const struct task_facts *t)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		if (task_at(s, i)->pid != KTHREADD_PID)
			continue;
		waitgraph_add_edge(g, from, FIRST_TASK + i, g_strdup("a new kernel thread"),
				   waitgraph_at_address("__kthread_create_on_node, completion at",
							t->on.address));
		return TRUE;
	}
	return FALSE;
}

static void add_completion_wait(struct waitgraph *g, const struct snapshot *s, guint from,
				const struct task_facts *t, const struct wait_facts *w)
{
	if (waitgraph_add_flush(g, s, from, t->on.address))
		return;
	if (waitgraph_has_frame(t, "__kthread_create_on_node") && add_kthreadd(g, s, from, t))
		return;
	/* Who completes it is not known.  A wait out of reclaim's way that can be interrupted or
	 * killed (a parent's for its child) may rightly last for ever. */
	if (!holds_up_io(w) && !task_is_unkillable(t))
		return;

	gint at = waitgraph_node_of(g, NODE_COMPLETION, t->on.address);

	if (at < 0) {
		at = waitgraph_add_node(g, NODE_COMPLETION, NODE_ANY, t->on.address,
					g_strdup_printf("completion %s", t->on.name));
		node_at(g, at)->orphan = TRUE;
	}
	if (!t->on.name[0])
		name_by_waiter(node_at(g, at), "completion", w);
	waitgraph_add_edge(g, from, at, g_strdup("somebody to complete it"),
			   waitgraph_at_address("swait_queue on its stack, completion at",
						t->on.address));
}

/* Under writeback, and no request in flight carries it. */
static gboolean is_uncarried(const struct snapshot *s, const struct wait_object *on)
{
	for (guint i = 0; on->kind == OBJECT_FOLIO && i < s->folios->len; i++) {
		const struct folio_facts *f = &g_array_index(s->folios, struct folio_facts, i);

		if (f->address == on->address)
			return f->writeback && !f->request[0];
	}
	return FALSE;
}

/* Only one that is about to submit a write can have it in hand. */
static gint add_uncarried_folio(struct waitgraph *g, const struct snapshot *s, guint64 folio)
{
	gint at = waitgraph_node_of(g, NODE_FOLIO, folio);

	if (at >= 0)
		return at;
	at = waitgraph_add_node(g, NODE_FOLIO, NODE_ANY, folio, g_strdup("folio under writeback"));
	node_at(g, at)->orphan = TRUE;
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct wait_facts *w = &node_at(g, FIRST_TASK + i)->wait;

		if (w->kind == WAIT_IDLE || w->kind == WAIT_IO || !w->in_swap_io || w->in_swap_in)
			continue;
		waitgraph_add_edge(g, at, FIRST_TASK + i, g_strdup("submission by any of"),
				   g_strdup("stack"));
		node_at(g, at)->orphan = FALSE;
	}
	return at;
}

static void add_io_wait(struct waitgraph *g, const struct snapshot *s, guint from,
			const struct task_facts *t, const struct wait_facts *w)
{
	gint to = is_uncarried(s, &t->on) ? add_uncarried_folio(g, s, t->on.address) : IO;

	waitgraph_add_edge(g, from, to,
			   t->on.kind == OBJECT_FOLIO ? g_strdup_printf("a folio, %s", t->on.name)
						      : g_strdup("I/O"),
			   t->on.kind == OBJECT_FOLIO
				   ? waitgraph_at_address("wait_page_queue on its stack, folio",
							  t->on.address)
				   : g_strdup(w->function));
}

static void add_task_wait(struct waitgraph *g, const struct snapshot *s, guint i)
{
	const struct task_facts *t = task_at(s, i);
	/* A copy: adding nodes moves the array. */
	const struct wait_facts w = node_at(g, FIRST_TASK + i)->wait;
	guint from = FIRST_TASK + i;

	switch (w.kind) {
	case WAIT_MUTEX:
	case WAIT_RWSEM:
		add_lock(g, s, from, t);
		break;
	case WAIT_MEMORY:
		waitgraph_add_edge(g, from, MEMORY, g_strdup("memory"), g_strdup(w.function));
		break;
	case WAIT_MEMPOOL:
		add_mempool_wait(g, s, from, t, &w);
		break;
	case WAIT_IO:
		add_io_wait(g, s, from, t, &w);
		break;
	case WAIT_TAG:
		add_tag_wait(g, s, from, t, &w);
		break;
	case WAIT_SOCKET:
		waitgraph_add_owner_of_socket(g, s, from, t->on.address, t->on.name);
		break;
	case WAIT_SEND:
		if (waitgraph_add_wait_to_queue(g, s, from))
			break;
		/* fallthrough */
	case WAIT_RECEIVE:
		waitgraph_add_edge(g, from, NETWORK,
				   g_strdup(w.kind == WAIT_SEND ? "an ACK" : "data from the peer"),
				   g_strdup(w.function));
		break;
	case WAIT_CONNECTION:
		add_connection(g, s, from, w.function);
		break;
	case WAIT_COMPLETION:
		add_completion_wait(g, s, from, t, &w);
		break;
	default:
		break; /* no edge: it is free */
	}
}

struct waitgraph *waitgraph_draw(const struct snapshot *s, const struct waitgraph_hints *hints)
{
	struct waitgraph *g = g_new0(struct waitgraph, 1);

	g->nodes = g_array_new(FALSE, TRUE, sizeof(struct wait_node));
	g->edges = g_array_new(FALSE, TRUE, sizeof(struct wait_edge));
	g_array_set_clear_func(g->nodes, clear_node);
	g_array_set_clear_func(g->edges, clear_edge);

	waitgraph_add_node(g, NODE_MEMORY, NODE_ANY, 0, g_strdup("MEMORY"));
	waitgraph_add_node(g, NODE_IO, NODE_ANY, 0, g_strdup("IO"));
	waitgraph_add_node(g, NODE_NETWORK, NODE_ALL, 0, g_strdup("NETWORK"));
	waitgraph_add_node(g, NODE_PEER, NODE_ALL, 0, g_strdup("PEER"));
	waitgraph_add_node(g, NODE_DISK, NODE_ALL, 0, g_strdup("DISK"));
	waitgraph_add_node(g, NODE_NOBODY, NODE_ALL, 0, g_strdup("NOBODY"));
	add_tasks(g, s);
	add_memory_and_io(g, s);
	for (guint i = 0; i < s->tasks->len; i++)
		add_task_wait(g, s, i);
	waitgraph_add_network(g, s, hints);
	return g;
}
