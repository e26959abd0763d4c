// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is stuck, and which of them are the knot.
 *
 *	all waiters are stuck -> freedom spreads from those that wait for nothing
 *	-> orphans of which somebody may be in charge are free as well -> what is
 *	left waits only for itself -> its bottom: strongly connected, nothing leaves
 *
 * Freedom only ever spreads, so the order does not matter, and each edge is
 * looked at once: the graph of a guest with ten thousand threads takes
 * milliseconds.
 */
#include "judge/waitgraph_private.h"

/* Edges by node: of node i those at edge[first[i]] up to before edge[first[i + 1]]. */
struct by_node {
	guint *first, *edge;
};

static void by_node_clear(struct by_node *b)
{
	g_free(b->first);
	g_free(b->edge);
}
typedef struct by_node by_node;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(by_node, by_node_clear)

static guint end_of(const struct waitgraph *g, guint e, gboolean incoming)
{
	return incoming ? edge_at(g, e)->to : edge_at(g, e)->from;
}

static void by_node_init(struct by_node *b, const struct waitgraph *g, gboolean incoming)
{
	guint n = g->nodes->len;

	b->first = g_new0(guint, n + 2);
	b->edge = g_new(guint, g->edges->len);
	/* Counted two places up, so that filling in moves each first one to where it belongs. */
	for (guint e = 0; e < g->edges->len; e++)
		b->first[end_of(g, e, incoming) + 2]++;
	for (guint i = 2; i < n + 2; i++)
		b->first[i] += b->first[i - 1];
	for (guint e = 0; e < g->edges->len; e++)
		b->edge[b->first[end_of(g, e, incoming) + 1]++] = e;
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

/* Is there anybody who might be in charge of an orphan?  Perhaps one who was not read. */
static gboolean anybody_moves(const struct waitgraph *g, const struct snapshot *s)
{
	if (!s->complete)
		return TRUE;
	if (s->requests->len && !node_at(g, NETWORK)->stuck)
		return TRUE;
	for (guint i = 0; i < s->tasks->len; i++) {
		if (!node_at(g, FIRST_TASK + i)->stuck &&
		    moves(node_at(g, FIRST_TASK + i), task_at(s, i)))
			return TRUE;
	}
	return FALSE;
}

static void set_free(struct waitgraph *g, guint i, GArray *todo)
{
	node_at(g, i)->stuck = FALSE;
	g_array_append_val(todo, i);
}

/*
 * A server that acts; who waits for nothing; and who waits for any of several
 * of which not all were read.
 */
static gboolean free_by_itself(const struct waitgraph *g, const struct snapshot *s, guint i,
			       guint waits_for)
{
	const struct wait_node *node = node_at(g, i);

	if (i == PEER)
		return s->server_running && s->server_answers;
	if (i == NOBODY || node->orphan)
		return FALSE;
	return !waits_for || (node->mode == NODE_ANY && !s->complete);
}

static void free_the_first(struct waitgraph *g, const struct snapshot *s, const guint *waits_for,
			   GArray *todo)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		node_at(g, i)->stuck = TRUE;
		if (free_by_itself(g, s, i, waits_for[i]))
			set_free(g, i, todo);
	}
}

/* ALL nodes are free once all of their targets are, ANY nodes with the first one. */
static void free_waiters(struct waitgraph *g, const struct by_node *in, guint *waits_for,
			 GArray *todo)
{
	while (todo->len) {
		guint freed = g_array_index(todo, guint, todo->len - 1);

		g_array_set_size(todo, todo->len - 1);
		for (guint k = in->first[freed]; k < in->first[freed + 1]; k++) {
			guint i = edge_at(g, in->edge[k])->from;
			const struct wait_node *node = node_at(g, i);

			waits_for[i]--;
			if (node->stuck && !node->orphan && i != PEER && i != NOBODY &&
			    (node->mode == NODE_ANY || !waits_for[i]))
				set_free(g, i, todo);
		}
	}
}

static void free_orphans(struct waitgraph *g, const struct snapshot *s, GArray *todo)
{
	if (!anybody_moves(g, s))
		return;
	for (guint i = 0; i < g->nodes->len; i++) {
		if (node_at(g, i)->orphan && node_at(g, i)->stuck)
			set_free(g, i, todo);
	}
}

static void spread_freedom(struct waitgraph *g, const struct snapshot *s)
{
	g_autofree guint *waits_for = g_new0(guint, g->nodes->len); /* targets that are stuck */
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint));
	g_auto(by_node) in = { 0 };

	by_node_init(&in, g, TRUE);
	for (guint e = 0; e < g->edges->len; e++)
		waits_for[edge_at(g, e)->from]++;
	free_the_first(g, s, waits_for, todo);
	do {
		free_waiters(g, &in, waits_for, todo);
		free_orphans(g, s, todo);
	} while (todo->len);
	g->peer_stuck = node_at(g, PEER)->stuck;
}

/* What stuck orphans wait for is now known: nobody. */
static void add_nobody(struct waitgraph *g)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		struct wait_edge edge = { .from = i, .to = NOBODY };
		const char *unread = node_at(g, i)->unread;

		if (!node_at(g, i)->orphan || !node_at(g, i)->stuck)
			continue;
		edge.held = g_strdup("anybody to end it");
		edge.evidence = g_strconcat(unread ? unread : "", unread ? "; " : "",
					    "all that might are stuck or idle", NULL);
		g_array_append_val(g->edges, edge);
	}
}

/* Tarjan's search for strongly connected components, with a stack of its own. */
struct search {
	struct waitgraph *g;
	struct by_node out;
	guint *number;	     /* in the order of being met, from 1 on; 0: not yet */
	guint *lowest;	     /* number that it reaches, of those in no component yet */
	guint *next;	     /* of its edges to look at */
	guint *part;	     /* the component that it is in, from 1 on; 0: in none yet */
	GArray *path, *open; /* nodes: being searched; met, but in no component yet */
	guint met, parts;
};

static void meet(struct search *s, guint i)
{
	s->number[i] = s->lowest[i] = ++s->met;
	s->next[i] = s->out.first[i];
	g_array_append_val(s->path, i);
	g_array_append_val(s->open, i);
}

/* All of @i's edges were looked at. */
static void leave(struct search *s, guint i)
{
	guint last;

	g_array_set_size(s->path, s->path->len - 1);
	if (s->path->len) {
		guint *above = &s->lowest[g_array_index(s->path, guint, s->path->len - 1)];

		*above = MIN(*above, s->lowest[i]);
	}
	if (s->lowest[i] != s->number[i])
		return;
	s->parts++;
	do {
		last = g_array_index(s->open, guint, s->open->len - 1);
		g_array_set_size(s->open, s->open->len - 1);
		s->part[last] = s->parts;
	} while (last != i);
}

static void search_from(struct search *s, guint start)
{
	meet(s, start);
	while (s->path->len) {
		guint i = g_array_index(s->path, guint, s->path->len - 1), to;

		if (s->next[i] == s->out.first[i + 1]) {
			leave(s, i);
			continue;
		}
		to = edge_at(s->g, s->out.edge[s->next[i]++])->to;
		if (!node_at(s->g, to)->stuck)
			continue;
		if (!s->number[to])
			meet(s, to);
		else if (!s->part[to])
			s->lowest[i] = MIN(s->lowest[i], s->number[to]);
	}
}

/* The components in which somebody waits for somebody, and from which no edge leads out. */
static void mark_bottoms(struct search *s)
{
	g_autofree gboolean *waits = g_new0(gboolean, s->parts + 1);
	g_autofree gboolean *leads_out = g_new0(gboolean, s->parts + 1);

	for (guint e = 0; e < s->g->edges->len; e++) {
		guint from = s->part[edge_at(s->g, e)->from], to = s->part[edge_at(s->g, e)->to];

		if (!from || !to)
			continue;
		waits[from] |= from == to;
		leads_out[from] |= from != to;
	}
	for (guint i = 0; i < s->g->nodes->len; i++) {
		struct wait_node *node = node_at(s->g, i);

		node->knot = s->part[i] && waits[s->part[i]] && !leads_out[s->part[i]];
		s->g->knot_size += node->knot;
	}
}

static void find_knot(struct waitgraph *g)
{
	guint n = g->nodes->len;
	g_autofree guint *numbers = g_new0(guint, (gsize)n * 4);
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
	struct search s = { .g = g,
			    .number = numbers,
			    .lowest = numbers + n,
			    .next = numbers + 2 * (gsize)n,
			    .part = numbers + 3 * (gsize)n,
			    .path = path,
			    .open = open };

	by_node_init(&s.out, g, FALSE);
	for (guint i = 0; i < n; i++) {
		if (node_at(g, i)->stuck && !s.number[i])
			search_from(&s, i);
	}
	mark_bottoms(&s);
	by_node_clear(&s.out);
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

void waitgraph_solve(struct waitgraph *g, const struct snapshot *s)
{
	spread_freedom(g, s);
	add_nobody(g);
	find_knot(g);
	blame_nobody(g);
}
