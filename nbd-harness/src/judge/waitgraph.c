// SPDX-License-Identifier: GPL-2.0-only
#include "judge/waitgraph_private.h"

#include <string.h>

const char *node_kind_name(enum node_kind kind)
{
	static const char *const kinds[NODE_KINDS] = {
		[NODE_TASK] = "task",	  [NODE_MEMORY] = "memory",
		[NODE_IO] = "io",	  [NODE_NETWORK] = "network",
		[NODE_PEER] = "peer",	  [NODE_DISK] = "disk",
		[NODE_NOBODY] = "nobody", [NODE_NAPI] = "napi",
		[NODE_WORK] = "work",	  [NODE_COMPLETION] = "completion",
		[NODE_TAGS] = "tags",	  [NODE_MEMPOOL] = "mempool",
	};

	return kinds[kind];
}

static gboolean free_by_itself(const struct waitgraph *g, const struct snapshot *s, guint i)
{
	if (i == PEER)
		return s->server_running && s->server_answers;
	if (i == NOBODY || node_at(g, i)->orphan)
		return FALSE;
	for (guint e = 0; e < g->edges->len; e++) {
		if (edge_at(g, e)->from == i)
			return FALSE;
	}
	return TRUE;
}

/* Does @t, free as it is, move?  One that idles, or waits for the peer to speak, does not. */
static gboolean moves(const struct wait_node *node, const struct task_facts *t)
{
	switch (node->wait.kind) {
	case WAIT_IDLE:
	case WAIT_RECEIVE:
		return FALSE;
	case WAIT_OTHER:
	case WAIT_COMPLETION:
		/* Unknown and interruptible is how threads of all kinds idle. */
		return *task_state_name(t) == 'D';
	default:
		return TRUE;
	}
}

/* Is there anybody who might be in charge of an orphan? */
static gboolean anybody_moves(const struct waitgraph *g, const struct snapshot *s)
{
	if (s->requests->len && !node_at(g, NETWORK)->stuck)
		return TRUE;
	for (guint i = 0; i < s->tasks->len; i++) {
		if (!node_at(g, FIRST_TASK + i)->stuck &&
		    moves(node_at(g, FIRST_TASK + i), task_at(s, i)))
			return TRUE;
	}
	return FALSE;
}

/* Is @i freed by what it waits for?  ALL: no stuck target; ANY: a free one. */
static gboolean freed_by_targets(const struct waitgraph *g, const struct snapshot *s, guint i)
{
	gboolean any_free = FALSE, all_free = TRUE, waits = FALSE;

	if (node_at(g, i)->orphan)
		return anybody_moves(g, s);
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
			if (node_at(g, i)->stuck && i != PEER && i != NOBODY &&
			    freed_by_targets(g, s, i)) {
				node_at(g, i)->stuck = FALSE;
				changed = TRUE;
			}
		}
	}
	g->peer_stuck = node_at(g, PEER)->stuck;
}

/* What stuck orphans wait for is now known: nobody. */
static void add_nobody(struct waitgraph *g)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		struct wait_edge edge = { i, NOBODY, NULL, NULL };

		if (!node_at(g, i)->orphan || !node_at(g, i)->stuck)
			continue;
		edge.held = g_strdup("anybody to end it");
		edge.evidence = g_strdup("all that might are stuck or idle");
		g_array_append_val(g->edges, edge);
	}
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

static void join_knot(struct waitgraph *g, struct wait_node *node)
{
	g->knot_size += !node->knot;
	node->knot = TRUE;
}

/*
 * Without a ring of holders it is the stuck orphans, NOBODY, and those who wait
 * for them.  An orphan is a conclusion from absence: where a ring was found as
 * well, the ring is it.
 */
static void blame_nobody(struct waitgraph *g)
{
	for (guint i = FIRST_TASK; i < g->nodes->len; i++) {
		if (node_at(g, i)->knot && node_at(g, i)->kind == NODE_TASK)
			return;
	}
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);
		struct wait_node *from = node_at(g, edge->from), *to = node_at(g, edge->to);

		if (from->stuck && edge->to == NOBODY)
			join_knot(g, to);
		else if (!from->stuck || from->kind != NODE_TASK || !to->orphan || !to->stuck)
			continue;
		join_knot(g, from);
	}
}

struct waitgraph *waitgraph_build(const struct snapshot *s, const struct waitgraph_hints *hints)
{
	struct waitgraph *g = waitgraph_draw(s, hints);

	spread_freedom(g, s);
	add_nobody(g);
	find_knot(g);
	blame_nobody(g);
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

/* Who a node is, over two snapshots of one run.  Work items and completions on stacks,
 * task_structs: an address is used for one thing only as long as everything stands still. */
static guint64 identity(const struct waitgraph *g, guint i)
{
	const struct wait_node *node = node_at(g, i);

	return node->object ? node->object : (guint64)node->kind;
}

static gboolean has_edge(const struct waitgraph *g, guint64 from, guint64 to)
{
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (node_at(g, edge->from)->knot && identity(g, edge->from) == from &&
		    identity(g, edge->to) == to)
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
		    !has_edge(h, identity(g, edge->from), identity(g, edge->to)))
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

static void add_distinct(GPtrArray *list, char *line)
{
	if (g_ptr_array_find_with_equal_func(list, line, g_str_equal, NULL))
		g_free(line);
	else
		g_ptr_array_add(list, line);
}

/* What a holder holds, in the words of a signature; NULL where holding is not the point. */
static char *holding(const struct wait_node *from, const struct wait_edge *edge)
{
	switch (from->kind) {
	case NODE_TASK:
		return without_numbers(edge->held);
	case NODE_NAPI:
		return g_strconcat("napi", strchr(from->label, '('), NULL);
	case NODE_WORK:
		return g_strdup("work queue");
	default:
		return NULL; /* any of many: none of them holds it */
	}
}

/* Each distinct "what is held <- who holds it" of the knot; holders that wait to send only if
 * @senders. */
static GPtrArray *holdings(const struct waitgraph *g, gboolean senders)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);
		const struct wait_node *from = node_at(g, edge->from), *to = node_at(g, edge->to);

		if (!from->knot || !to->knot || to->kind != NODE_TASK)
			continue;
		/* A lock held by a sender is where a knot shows; a NAPI held by one is where it
		 * begins. */
		if (!senders && from->kind == NODE_TASK && to->wait.kind == WAIT_SEND)
			continue;

		g_autofree char *held = holding(from, edge);

		if (held)
			add_distinct(list,
				     g_strdup_printf("%s <- %s%s", held, to->wait.entry,
						     to->wait.in_reclaim ? " in reclaim" : ""));
	}
	g_ptr_array_sort(list, compare_strings);
	return list;
}

/* Writeback that does not end explains folios that stay locked, not the other way round. */
static const char *orphaned_io(const struct waitgraph *g)
{
	const char *what = "I/O";

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (edge->to != IO || !node_at(g, edge->from)->knot)
			continue;
		if (strstr(edge->held, "writeback"))
			return "folio writeback";
		if (strstr(edge->held, "folio"))
			what = "folio locked";
	}
	return what;
}

/* What waits for nobody. */
static void add_orphans(const struct waitgraph *g, GPtrArray *list)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		const struct wait_node *node = node_at(g, i);
		g_autofree char *label = NULL;

		if (!node->knot || !node->orphan)
			continue;
		label = i == IO ? g_strdup(orphaned_io(g)) : without_numbers(node->label);
		add_distinct(list, g_strconcat(label, " <- nobody", NULL));
	}
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

	add_orphans(g, list);
	if (!list->len) {
		g_ptr_array_unref(list);
		list = holdings(g, TRUE);
		add_pseudo_nodes(g, list);
	}
	g_ptr_array_add(list, NULL);
	return g_strjoinv("; ", (char **)list->pdata);
}
