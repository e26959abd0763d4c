// SPDX-License-Identifier: GPL-2.0-only
#include "judge/waitgraph_private.h"

#include <string.h>

#include "base/text.h"
const char *node_kind_name(enum node_kind kind)
{
	static const char *const kinds[NODE_KINDS] = {
		[NODE_TASK] = "task",
		[NODE_MEMORY] = "memory",
		[NODE_IO] = "io",
		[NODE_NETWORK] = "network",
		[NODE_PEER] = "peer",
		[NODE_DISK] = "disk",
		[NODE_NOBODY] = "nobody",
		[NODE_NAPI] = "napi",
		[NODE_WORK] = "work",
		[NODE_COMPLETION] = "completion",
		[NODE_TAGS] = "tags",
		[NODE_MEMPOOL] = "mempool",
		[NODE_FOLIO] = "folio",
		[NODE_SOCKET] = "socket",
		[NODE_CONNECTION] = "connection",
	};

	return kinds[kind];
}

gboolean node_kind_is_common_good(enum node_kind kind)
{
	return kind == NODE_MEMORY || kind == NODE_IO || kind == NODE_TAGS ||
	       kind == NODE_MEMPOOL || kind == NODE_FOLIO;
}

struct waitgraph *waitgraph_build(const struct snapshot *s, const struct waitgraph_hints *hints)
{
	struct waitgraph *g = waitgraph_draw(s, hints);

	waitgraph_solve(g, s);
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
	return g_strchomp(g_string_free(out, FALSE));
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
	case NODE_CONNECTION:
		return g_strdup("connection");
	default:
		/* Else it is any of many: none of them holds it. */
		return edge->holds ? without_numbers(from->label) : NULL;
	}
}

/* Does a task in the knot wait for a lock that @owner holds? */
static gboolean holds_a_lock(const struct waitgraph *g, guint owner)
{
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (edge->to == owner && node_at(g, edge->from)->knot &&
		    node_at(g, edge->from)->kind == NODE_TASK)
			return TRUE;
	}
	return FALSE;
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

		/* Whether anything lies in the backlog of what it locked is a matter of chance. */
		if (from->kind == NODE_SOCKET && holds_a_lock(g, edge->to))
			continue;

		g_autofree char *held = holding(from, edge);

		if (held)
			add_distinct(list,
				     g_strdup_printf("%s <- %s%s", held, to->wait.entry,
						     to->wait.in_reclaim ? " in reclaim" : ""));
	}
	g_ptr_array_sort(list, text_compare);
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
			return "folio under writeback"; /* as a NODE_FOLIO is labelled */
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

/* Reception or sending that starves of memory is one bug, whoever is caught sending. */
static gboolean add_starved_network(const struct waitgraph *g, GPtrArray *list)
{
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (edge->to != MEMORY || !node_at(g, edge->from)->knot ||
		    (edge->from != NETWORK && node_at(g, edge->from)->wait.kind != WAIT_SEND))
			continue;
		g_ptr_array_add(list, g_strdup_printf("network <- %s", edge->held));
		return TRUE;
	}
	return FALSE;
}

char *waitgraph_signature(const struct waitgraph *g)
{
	g_autoptr(GPtrArray) list = holdings(g, FALSE);

	add_orphans(g, list);
	if (!list->len && !add_starved_network(g, list)) {
		g_ptr_array_unref(list);
		list = holdings(g, TRUE);
		add_pseudo_nodes(g, list);
	}
	g_ptr_array_add(list, NULL);
	return g_strjoinv("; ", (char **)list->pdata);
}
