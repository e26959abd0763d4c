// SPDX-License-Identifier: GPL-2.0-only
#include "report/ring.h"

#include <string.h>

/* A step to "any I/O" says less than one to a task that does some. */
#define STEP	    2
#define STEP_TO_IO  3
#define UNREACHABLE G_MAXUINT

static const struct wait_node *node_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

static const struct wait_edge *edge_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->edges, struct wait_edge, i);
}

static gboolean in_knot(const struct waitgraph *g, const struct wait_edge *edge)
{
	return node_at(g, edge->from)->knot && node_at(g, edge->to)->knot;
}

/* How much an edge says about who is to blame: as waitgraph_signature() sees it. */
enum worth { NO_WORTH, ANY_EDGE, HELD_BY_SENDER, HELD };

static enum worth worth_of(const struct waitgraph *g, const struct wait_edge *edge)
{
	const struct wait_node *from = node_at(g, edge->from), *to = node_at(g, edge->to);

	if (!in_knot(g, edge))
		return NO_WORTH;
	if (edge->holds)
		return HELD;
	if (to->kind != NODE_TASK || node_kind_is_common_good(from->kind))
		return ANY_EDGE;
	return from->kind == NODE_TASK && to->wait.kind == WAIT_SEND ? HELD_BY_SENDER : HELD;
}

struct way {
	guint cost;
	gint by; /* the edge that leads here, -1: none */
};

/* Cheapest ways within the knot from @start to everywhere: rounds until nothing gets cheaper. */
static struct way *ways_from(const struct waitgraph *g, guint start)
{
	struct way *ways = g_new(struct way, g->nodes->len);
	gboolean changed = TRUE;

	for (guint i = 0; i < g->nodes->len; i++)
		ways[i] = (struct way){ UNREACHABLE, -1 };
	ways[start].cost = 0;
	while (changed) {
		changed = FALSE;
		for (guint e = 0; e < g->edges->len; e++) {
			const struct wait_edge *edge = edge_at(g, e);
			guint step = node_at(g, edge->to)->kind == NODE_IO ? STEP_TO_IO : STEP;

			if (!in_knot(g, edge) || ways[edge->from].cost == UNREACHABLE ||
			    ways[edge->from].cost + step >= ways[edge->to].cost)
				continue;
			ways[edge->to] = (struct way){ ways[edge->from].cost + step, e };
			changed = TRUE;
		}
	}
	return ways;
}

/* The ring that closes through edge @e or one like it: same target, same thing held. */
static void mark_ring(const struct waitgraph *g, guint e, gboolean *hot)
{
	const struct wait_edge *first = edge_at(g, e);
	g_autofree struct way *ways = ways_from(g, first->to);
	guint best = e;

	for (guint i = 0; i < g->edges->len; i++) {
		const struct wait_edge *edge = edge_at(g, i);

		if (in_knot(g, edge) && edge->to == first->to && !strcmp(edge->held, first->held) &&
		    ways[edge->from].cost < ways[edge_at(g, best)->from].cost)
			best = i;
	}
	hot[best] = TRUE;
	for (guint at = edge_at(g, best)->from; ways[at].by >= 0;
	     at = edge_at(g, ways[at].by)->from)
		hot[ways[at].by] = TRUE;
}

static guint tasks_behind(const struct waitgraph *g, guint at)
{
	guint n = 0;

	for (guint e = 0; e < g->edges->len; e++)
		n += edge_at(g, e)->to == at && node_at(g, edge_at(g, e)->from)->task >= 0;
	return n;
}

/* What nobody is in charge of, and of those who wait for it the one that keeps most others. */
static void mark_orphan(const struct waitgraph *g, guint orphan, gboolean *hot)
{
	gint best = -1;

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (in_knot(g, edge) && edge->to == orphan &&
		    node_at(g, edge->from)->kind == NODE_TASK &&
		    (best < 0 ||
		     tasks_behind(g, edge->from) > tasks_behind(g, edge_at(g, best)->from)))
			best = e;
	}
	if (best >= 0)
		hot[best] = TRUE;
}

static gboolean mark_orphans(const struct waitgraph *g, gboolean *hot)
{
	gboolean any = FALSE;

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (!in_knot(g, edge) || node_at(g, edge->to)->kind != NODE_NOBODY)
			continue;
		any = hot[e] = TRUE;
		mark_orphan(g, edge->from, hot);
	}
	return any;
}

gboolean *ring_edges(const struct waitgraph *g)
{
	gboolean *hot = g_new0(gboolean, g->edges->len + 1);
	g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	enum worth best = NO_WORTH;

	if (mark_orphans(g, hot))
		return hot;
	for (guint e = 0; e < g->edges->len; e++)
		best = MAX(best, worth_of(g, edge_at(g, e)));
	for (guint e = 0; best > NO_WORTH && e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (worth_of(g, edge) != best ||
		    !g_hash_table_add(done, g_strdup_printf("%u %s", edge->to, edge->held)))
			continue;
		mark_ring(g, e, hot);
		/* Without holders one ring is as good as another. */
		if (best == ANY_EDGE)
			break;
	}
	return hot;
}

static guint worth_as_beginning(const struct wait_node *node)
{
	if (node->kind != NODE_TASK)
		return 1;
	if (node->wait.kind == WAIT_SEND)
		return 2;
	return node->wait.napi_disabler ? 4 : 3;
}

/* The next node to begin at, or -1 when all of them are @walked. */
static gint beginning(const struct waitgraph *g, const gboolean *hot, const gboolean *walked)
{
	guint best = 0;
	gint at = -1;

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (hot[e] && !walked[edge->from] &&
		    worth_as_beginning(node_at(g, edge->from)) > best) {
			best = worth_as_beginning(node_at(g, edge->from));
			at = edge->from;
		}
	}
	return at;
}

static void walk_to(GArray *walk, gboolean *walked, guint node)
{
	if (walked[node])
		return;
	walked[node] = TRUE;
	g_array_append_val(walk, node);
}

GArray *ring_walk(const struct waitgraph *g, const gboolean *hot)
{
	GArray *walk = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autofree gboolean *walked = g_new0(gboolean, g->nodes->len + 1);
	gint at;

	while ((at = beginning(g, hot, walked)) >= 0) {
		guint next = walk->len;

		walk_to(walk, walked, at);
		for (; next < walk->len; next++) {
			for (guint e = 0; e < g->edges->len; e++) {
				if (hot[e] &&
				    edge_at(g, e)->from == g_array_index(walk, guint, next))
					walk_to(walk, walked, edge_at(g, e)->to);
			}
		}
	}
	return walk;
}
