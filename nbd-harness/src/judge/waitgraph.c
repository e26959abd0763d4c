// SPDX-License-Identifier: GPL-2.0-only
#include "judge/waitgraph.h"

#include <string.h>

static struct wait_node *node_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

static struct wait_edge *edge_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->edges, struct wait_edge, i);
}

static struct task_facts *task_at(const struct snapshot *s, guint i)
{
	return &g_array_index(s->tasks, struct task_facts, i);
}

static void clear_node(gpointer node)
{
	g_free(((struct wait_node *)node)->label);
}

static void clear_edge(gpointer data)
{
	struct wait_edge *edge = data;

	g_free(edge->held);
	g_free(edge->evidence);
}

static guint add_node(struct waitgraph *g, enum node_kind kind, enum node_mode mode, char *label)
{
	struct wait_node node = { .kind = kind, .mode = mode, .label = label, .task = -1 };

	g_array_append_val(g->nodes, node);
	return g->nodes->len - 1;
}

static void add_edge(struct waitgraph *g, guint from, guint to, char *held, char *evidence)
{
	struct wait_edge edge = { from, to, held, evidence };

	g_array_append_val(g->edges, edge);
}

/* The pseudo-nodes stand first, in the order of these numbers; tasks follow. */
enum { MEMORY, IO, NETWORK, PEER, FIRST_TASK };

static gint node_of_task(const struct snapshot *s, guint64 address)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		if (task_at(s, i)->address == address)
			return FIRST_TASK + i;
	}
	return -1;
}

static void add_tasks(struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct task_facts *t = task_at(s, i);
		struct wait_facts wait = wait_of(t);
		guint at = add_node(g, NODE_TASK, NODE_ALL,
				    g_strdup_printf("%s:%d [%s]", t->comm, t->pid, wait.entry));

		node_at(g, at)->task = i;
		node_at(g, at)->wait = wait;
	}
}

static void add_task_waits(struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct task_facts *t = task_at(s, i);
		const struct wait_facts *w = &node_at(g, FIRST_TASK + i)->wait;
		guint from = FIRST_TASK + i;
		gint owner;

		switch (w->kind) {
		case WAIT_MUTEX:
			owner = node_of_task(s, t->on.owner);
			if (owner >= 0)
				add_edge(g, from, owner,
					 t->on.name[0]
						 ? g_strdup_printf("mutex %s", t->on.name)
						 : g_strdup("mutex"),
					 g_strdup_printf(
						 "mutex_waiter on its stack, owner read from "
						 "0x%" G_GINT64_MODIFIER "x",
						 t->on.address));
			break;
		case WAIT_MEMORY:
			add_edge(g, from, MEMORY, g_strdup("memory"), g_strdup(w->function));
			break;
		case WAIT_IO:
		case WAIT_TAG:
			add_edge(g, from, IO,
				 g_strdup(w->kind == WAIT_TAG ? "a free request" : "I/O"),
				 g_strdup(w->function));
			break;
		case WAIT_SEND:
		case WAIT_RECEIVE:
			add_edge(g, from, NETWORK,
				 g_strdup(w->kind == WAIT_SEND ? "an ACK" : "data from the peer"),
				 g_strdup(w->function));
			break;
		default:
			break; /* no edge: it is free */
		}
	}
}

static void add_memory_and_io(struct waitgraph *g, const struct snapshot *s)
{
	if (s->requests->len)
		add_edge(g, IO, NETWORK, g_strdup("replies to requests in flight"),
			 g_strdup_printf("%u requests in flight", s->requests->len));
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		const struct wait_facts *w = &node_at(g, i)->wait;

		if (w->kind == WAIT_IDLE)
			continue;
		if (w->in_reclaim)
			add_edge(g, MEMORY, i, g_strdup("reclaim by any of"), g_strdup("stack"));
		if (w->in_swap_io)
			add_edge(g, IO, i, g_strdup("submission by any of"), g_strdup("stack"));
	}
	/* Completed writeback frees memory too. */
	add_edge(g, MEMORY, IO, g_strdup("writeback to end"), g_strdup("swap-out"));
}

static gint find_disabler(const struct waitgraph *g)
{
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		if (node_at(g, i)->wait.napi_disabler)
			return i;
	}
	return -1;
}

/* Every receive ring that we can read is empty, and there is one. */
static gboolean rings_are_empty(const struct snapshot *s)
{
	gboolean any = FALSE;

	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);

		if (napi->rx_posted > 0)
			return FALSE;
		any |= napi->rx_posted == 0;
	}
	return any;
}

static void add_network(struct waitgraph *g, const struct snapshot *s,
			const struct waitgraph_hints *hints)
{
	gboolean disabled = FALSE;

	add_edge(g, NETWORK, PEER, g_strdup("the server to act"), g_strdup("second client"));
	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);
		gint by = find_disabler(g);

		/* Transmit-only contexts may rest disabled; without a known disabler we can't
		 * blame. */
		if (!napi->disabled || by < 0)
			continue;

		guint at = add_node(g, NODE_NAPI, NODE_ALL,
				    g_strdup_printf("NAPI %s (%s)", napi->device,
						    napi->poll ? napi->poll : "?"));

		disabled = TRUE;
		add_edge(g, NETWORK, at, g_strdup("packets to be received"),
			 g_strdup("napi_struct.state: SCHED and NPSVC"));
		add_edge(g, at, by, g_strdup("napi_enable()"),
			 g_strdup_printf("%s on its stack", node_at(g, by)->wait.napi_disabler));
	}
	if (!disabled && hints->receive_in_vain && rings_are_empty(s))
		add_edge(g, NETWORK, MEMORY, g_strdup("memory to receive into"),
			 g_strdup("receive ring empty, retransmit timer fired twice in vain"));
}

static gboolean free_by_itself(const struct waitgraph *g, const struct snapshot *s, guint i)
{
	if (i == PEER)
		return s->server_running && s->server_answers;
	for (guint e = 0; e < g->edges->len; e++) {
		if (edge_at(g, e)->from == i)
			return FALSE;
	}
	return TRUE;
}

/* Is @i freed by what it waits for?  ALL: no stuck target; ANY: a free one. */
static gboolean freed_by_targets(const struct waitgraph *g, guint i)
{
	gboolean any_free = FALSE, all_free = TRUE, waits = FALSE;

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (edge->from != i)
			continue;
		waits = TRUE;
		if (node_at(g, edge->to)->stuck)
			all_free = FALSE;
		else
			any_free = TRUE;
	}
	return waits && (node_at(g, i)->mode == NODE_ANY ? any_free : all_free);
}

static void spread_freedom(struct waitgraph *g, const struct snapshot *s)
{
	gboolean changed = TRUE;

	for (guint i = 0; i < g->nodes->len; i++)
		node_at(g, i)->stuck = !free_by_itself(g, s, i);
	while (changed) {
		changed = FALSE;
		for (guint i = 0; i < g->nodes->len; i++) {
			if (node_at(g, i)->stuck && i != PEER && freed_by_targets(g, i)) {
				node_at(g, i)->stuck = FALSE;
				changed = TRUE;
			}
		}
	}
	g->peer_stuck = node_at(g, PEER)->stuck;
}

static void mark_reachable(const struct waitgraph *g, guint from, gboolean *reached)
{
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint));

	g_array_append_val(todo, from);
	while (todo->len) {
		guint at = g_array_index(todo, guint, todo->len - 1);

		g_array_set_size(todo, todo->len - 1);
		for (guint e = 0; e < g->edges->len; e++) {
			const struct wait_edge *edge = edge_at(g, e);

			if (edge->from == at && node_at(g, edge->to)->stuck && !reached[edge->to]) {
				reached[edge->to] = TRUE;
				g_array_append_val(todo, edge->to);
			}
		}
	}
}

/*
 * A stuck node is in the knot if everything it reaches reaches it back: the
 * bottom strongly connected components of the stuck set.
 */
static void find_knot(struct waitgraph *g)
{
	guint n = g->nodes->len;
	g_autofree gboolean *reach = g_new0(gboolean, (gsize)n * n);

	for (guint i = 0; i < n; i++) {
		if (node_at(g, i)->stuck)
			mark_reachable(g, i, reach + (gsize)i * n);
	}
	for (guint i = 0; i < n; i++) {
		gboolean bottom = node_at(g, i)->stuck && reach[(gsize)i * n + i];

		for (guint k = 0; bottom && k < n; k++)
			bottom = !reach[(gsize)i * n + k] || reach[(gsize)k * n + i];
		node_at(g, i)->knot = bottom;
		g->knot_size += bottom;
	}
}

struct waitgraph *waitgraph_build(const struct snapshot *s, const struct waitgraph_hints *hints)
{
	struct waitgraph *g = g_new0(struct waitgraph, 1);

	g->nodes = g_array_new(FALSE, TRUE, sizeof(struct wait_node));
	g->edges = g_array_new(FALSE, TRUE, sizeof(struct wait_edge));
	g_array_set_clear_func(g->nodes, clear_node);
	g_array_set_clear_func(g->edges, clear_edge);

	add_node(g, NODE_MEMORY, NODE_ANY, g_strdup("MEMORY"));
	add_node(g, NODE_IO, NODE_ANY, g_strdup("IO"));
	add_node(g, NODE_NETWORK, NODE_ALL, g_strdup("NETWORK"));
	add_node(g, NODE_PEER, NODE_ALL, g_strdup("PEER"));
	add_tasks(g, s);
	add_task_waits(g, s);
	add_memory_and_io(g, s);
	add_network(g, s, hints);
	spread_freedom(g, s);
	find_knot(g);
	return g;
}

void waitgraph_free(struct waitgraph *g)
{
	if (!g)
		return;
	g_array_unref(g->nodes);
	g_array_unref(g->edges);
	g_free(g);
}

gboolean waitgraph_has_knot(const struct waitgraph *g)
{
	if (g->peer_stuck)
		return FALSE;
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		if (node_at(g, i)->knot && node_at(g, i)->kind == NODE_TASK)
			return TRUE;
	}
	return FALSE;
}

/* Who a node is, over two snapshots of one run. */
static guint64 identity(const struct waitgraph *g, const struct snapshot *s, guint i)
{
	const struct wait_node *node = node_at(g, i);

	return node->task >= 0 ? task_at(s, node->task)->address : (guint64)node->kind;
}

static gboolean has_edge(const struct waitgraph *g, const struct snapshot *s, guint64 from,
			 guint64 to)
{
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (node_at(g, edge->from)->knot && identity(g, s, edge->from) == from &&
		    identity(g, s, edge->to) == to)
			return TRUE;
	}
	return FALSE;
}

static gboolean held_still(const struct waitgraph *g, const struct snapshot *a,
			   const struct snapshot *b)
{
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		const struct wait_node *node = node_at(g, i);

		if (!node->knot || node->task < 0 || node->wait.timed)
			continue;

		const struct task_facts *before = task_at(a, node->task);
		gint after = node_of_task(b, before->address);

		if (after < 0 || task_at(b, after - FIRST_TASK)->switches != before->switches)
			return FALSE;
	}
	return TRUE;
}

gboolean waitgraph_same_knot(const struct waitgraph *g, const struct snapshot *a,
			     const struct waitgraph *h, const struct snapshot *b)
{
	if (!waitgraph_has_knot(g) || !waitgraph_has_knot(h) || g->knot_size != h->knot_size)
		return FALSE;
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (node_at(g, edge->from)->knot && node_at(g, edge->to)->knot &&
		    !has_edge(h, b, identity(g, a, edge->from), identity(g, a, edge->to)))
			return FALSE;
	}
	return held_still(g, a, b);
}

/* "mutex nbd0 socket 0 tx_lock" -> "mutex nbd socket tx_lock": one bug has many instances. */
static char *without_numbers(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *c = text; *c; c++) {
		if (g_ascii_isdigit(*c) || (*c == ' ' && out->len && out->str[out->len - 1] == ' '))
			continue;
		g_string_append_c(out, *c);
	}
	return g_string_free(out, FALSE);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each distinct "what is held <- who holds it" of the knot; holders that wait to send only if
 * @senders. */
static GPtrArray *holdings(const struct waitgraph *g, gboolean senders)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);
		const struct wait_node *from = node_at(g, edge->from), *to = node_at(g, edge->to);

		if (!from->knot || !to->knot || to->kind != NODE_TASK ||
		    from->kind == NODE_MEMORY || from->kind == NODE_IO)
			continue;
		/* A lock held by a sender is where a knot shows; a NAPI held by one is where it
		 * begins. */
		if (!senders && from->kind == NODE_TASK && to->wait.kind == WAIT_SEND)
			continue;

		g_autofree char *held = from->kind == NODE_NAPI ? g_strdup(strchr(from->label, '('))
								: without_numbers(edge->held);
		g_autofree char *line =
			g_strdup_printf("%s%s <- %s%s", from->kind == NODE_NAPI ? "napi" : "", held,
					to->wait.entry, to->wait.in_reclaim ? " in reclaim" : "");

		if (!g_ptr_array_find_with_equal_func(list, line, g_str_equal, NULL))
			g_ptr_array_add(list, g_steal_pointer(&line));
	}
	g_ptr_array_sort(list, compare_strings);
	return list;
}

/* Without holders: which pseudo-nodes close the ring. */
static void add_pseudo_nodes(const struct waitgraph *g, GPtrArray *list)
{
	for (guint i = 0; i < FIRST_TASK; i++) {
		if (node_at(g, i)->knot)
			g_ptr_array_add(list, g_ascii_strdown(node_at(g, i)->label, -1));
	}
}

char *waitgraph_signature(const struct waitgraph *g)
{
	g_autoptr(GPtrArray) list = holdings(g, FALSE);

	if (!list->len) {
		g_ptr_array_unref(list);
		list = holdings(g, TRUE);
		add_pseudo_nodes(g, list);
	}
	g_ptr_array_add(list, NULL);
	return g_strjoinv("; ", (char **)list->pdata);
}
