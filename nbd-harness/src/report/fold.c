// SPDX-License-Identifier: GPL-2.0-only
#include "report/fold.h"

#include <string.h>

#include "base/text.h"
#include "report/ring.h"

#define NAMES_MAX 3 /* told by name in one title */

static const struct wait_node *node_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

static const struct wait_edge *edge_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->edges, struct wait_edge, i);
}

static const struct task_facts *task_at(const struct snapshot *s, const struct wait_node *node)
{
	return &g_array_index(s->tasks, struct task_facts, node->task);
}

const struct fold_node *fold_node_at(const struct fold *f, guint i)
{
	return &g_array_index(f->nodes, struct fold_node, i);
}

const struct fold_edge *fold_edge_at(const struct fold *f, guint i)
{
	return &g_array_index(f->edges, struct fold_edge, i);
}

static void clear_node(gpointer data)
{
	struct fold_node *node = data;

	g_array_unref(node->members);
	g_free(node->title);
	g_free(node->detail);
}

void fold_free(struct fold *f)
{
	g_array_unref(f->nodes);
	g_array_unref(f->edges);
	g_free(f);
}

/* Marks on the wait graph that folding goes by. */
struct marks {
	gboolean *hot_edge; /* by edge */
	gboolean *hot;	    /* by node: an end of a hot edge */
	gboolean *matters;  /* by node: is shown */
};

/*
 * That memory may come from any of twenty reclaimers is said in one word by its
 * node; an edge to each would bury the rest.
 */
static gboolean is_shown(const struct waitgraph *g, const struct marks *m, guint e)
{
	const struct wait_edge *edge = edge_at(g, e);
	const struct wait_node *from = node_at(g, edge->from), *to = node_at(g, edge->to);

	if (from->kind == NODE_NOBODY)
		return FALSE;
	return m->hot_edge[e] || edge->holds || to->task < 0 ||
	       !node_kind_is_common_good(from->kind);
}

static gboolean any_task_is_stuck(const struct waitgraph *g)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		if (node_at(g, i)->task >= 0 && node_at(g, i)->stuck)
			return TRUE;
	}
	return FALSE;
}

/* The hot path, tasks that are stuck (or, if none is, that wait at all), and what those wait for.
 */
static void mark(const struct waitgraph *g, struct marks *m)
{
	gboolean stuck_only = any_task_is_stuck(g), changed = TRUE;

	m->hot_edge = ring_edges(g);
	m->hot = g_new0(gboolean, g->nodes->len + 1);
	m->matters = g_new0(gboolean, g->nodes->len + 1);
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (m->hot_edge[e])
			m->hot[edge->from] = m->hot[edge->to] = TRUE;
		m->matters[edge->from] |= m->hot_edge[e] ||
					  (node_at(g, edge->from)->task >= 0 &&
					   (node_at(g, edge->from)->stuck || !stuck_only));
	}
	while (changed) {
		changed = FALSE;
		for (guint e = 0; e < g->edges->len; e++) {
			const struct wait_edge *edge = edge_at(g, e);

			if (!m->matters[edge->from] || m->matters[edge->to] || !is_shown(g, m, e))
				continue;
			m->matters[edge->to] = TRUE;
			changed = TRUE;
		}
	}
}

static void unmark(struct marks *m)
{
	g_free(m->hot_edge);
	g_free(m->hot);
	g_free(m->matters);
}

/* What a node is by itself: nodes of the hot path are each their own, tasks are all alike. */
static char *first_key(const struct waitgraph *g, const struct marks *m, guint i)
{
	const struct wait_node *node = node_at(g, i);

	if (m->hot[i])
		return g_strdup_printf("hot %u", i);
	return g_strdup_printf("%d %d %s", node->knot, node->stuck,
			       node->task < 0 ? node->label : "");
}

static void add_part(GPtrArray *parts, const char *way, guint class, const char *held)
{
	char *part = g_strdup_printf("%s %u %s", way, class, held);

	if (g_ptr_array_find_with_equal_func(parts, part, g_str_equal, NULL))
		g_free(part);
	else
		g_ptr_array_add(parts, part);
}

/* Its class, what classes it waits for, and what classes wait for it. */
static char *key_of(const struct waitgraph *g, const struct marks *m, const guint *class, guint i)
{
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (edge->from == i)
			add_part(parts, ">", class[edge->to], edge -> held);
		else if (edge->to == i && is_shown(g, m, e))
			add_part(parts, "<", class[edge->from], edge -> held);
	}
	g_ptr_array_sort(parts, text_compare);
	g_ptr_array_insert(parts, 0, g_strdup_printf("%u", class[i]));
	g_ptr_array_add(parts, NULL);
	return g_strjoinv("\n", (char **)parts->pdata);
}

/* The number of @key, which is new if it was not seen before.  Takes @key. */
static guint number_of(GHashTable *numbers, char *key)
{
	gpointer known;

	if (g_hash_table_lookup_extended(numbers, key, NULL, &known)) {
		g_free(key);
		return GPOINTER_TO_UINT(known);
	}
	known = GUINT_TO_POINTER(g_hash_table_size(numbers));
	g_hash_table_insert(numbers, key, known);
	return GPOINTER_TO_UINT(known);
}

/*
 * Divide nodes into classes, so that those of one class wait for the same
 * classes and are waited for by the same: from what each is by itself, divided
 * again and again, until that changes nothing.  Caller frees.
 */
static guint *classes_of(const struct waitgraph *g, const struct marks *m, const GArray *order)
{
	guint *class = g_new0(guint, g->nodes->len + 1);
	guint n = 0, before = 0;

	for (guint round = 0; round == 0 || n > before; round++) {
		g_autoptr(GHashTable)
			numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_autofree guint *next = g_new0(guint, g->nodes->len + 1);

		for (guint i = 0; i < order->len; i++) {
			guint at = g_array_index(order, guint, i);

			next[at] = number_of(numbers,
					     round ? key_of(g, m, class, at) : first_key(g, m, at));
		}
		before = n;
		n = g_hash_table_size(numbers);
		memcpy(class, next, sizeof(guint) * g->nodes->len);
	}
	return class;
}

/* "kworker/1:1" -> "kworker", "kswapd0" -> "kswapd": the kind of task. */
static char *kind_of(const char *comm)
{
	gsize len = strcspn(comm, "/");

	while (len > 1 && g_ascii_isdigit(comm[len - 1]))
		len--;
	return g_strndup(comm, len);
}

/* "5 x workload, kswapd0:37" */
static char *title_of_tasks(const struct waitgraph *g, const struct snapshot *s,
			    const GArray *members)
{
	g_autoptr(GPtrArray) kinds = g_ptr_array_new_with_free_func(g_free);
	g_autofree guint *count = g_new0(guint, members->len), *first = g_new0(guint, members->len);
	GString *title = g_string_new(NULL);
	guint named = 0;

	for (guint i = 0; i < members->len; i++) {
		const struct wait_node *node = node_at(g, g_array_index(members, guint, i));
		char *kind = kind_of(task_at(s, node)->comm);
		guint at;

		if (g_ptr_array_find_with_equal_func(kinds, kind, g_str_equal, &at)) {
			g_free(kind);
		} else {
			at = kinds->len;
			first[at] = i;
			g_ptr_array_add(kinds, kind);
		}
		count[at]++;
	}
	for (guint k = 0; k < MIN(kinds->len, NAMES_MAX); k++) {
		const struct task_facts *t =
			task_at(s, node_at(g, g_array_index(members, guint, first[k])));

		g_string_append(title, k ? ", " : "");
		if (count[k] > 1)
			g_string_append_printf(title, "%u x %s", count[k],
					       (char *)g_ptr_array_index(kinds, k));
		else
			g_string_append_printf(title, "%s:%d", t->comm, t->pid);
		named += count[k];
	}
	if (named < members->len)
		g_string_append_printf(title, " and %u more", members->len - named);
	return g_string_free(title, FALSE);
}

static char *detail_of_task(const struct wait_node *node)
{
	GString *detail = g_string_new(NULL);
	const char *sep = "";

	if (node->wait.entry && strcmp(node->wait.entry, "user") &&
	    strcmp(node->wait.entry, "kernel")) {
		g_string_append(detail, node->wait.entry);
		sep = ", ";
	}
	if (node->wait.in_reclaim) {
		g_string_append_printf(detail, "%sin reclaim", sep);
		sep = ", ";
	}
	if (node->wait.napi_disabler)
		g_string_append_printf(detail, "%sNAPI disabled", sep);
	return g_string_free(detail, FALSE);
}

/* "any of 14: all stuck"; @choices: 14 */
static char *detail_of_any(const struct waitgraph *g, guint at, guint *choices)
{
	guint n = 0, stuck = 0;

	for (guint e = 0; e < g->edges->len; e++) {
		if (edge_at(g, e)->from != at)
			continue;
		n++;
		stuck += node_at(g, edge_at(g, e)->to)->stuck;
	}
	*choices = n;
	if (n < 2)
		return g_strdup("");
	return stuck == n ? g_strdup_printf("any of %u: all stuck", n)
			  : g_strdup_printf("any of %u: %u can move", n, n - stuck);
}

static void add_group(struct fold *f, const struct waitgraph *g, const struct snapshot *s,
		      const struct marks *m, GArray *members)
{
	guint at = g_array_index(members, guint, 0);
	const struct wait_node *first = node_at(g, at);
	struct fold_node node = { .kind = first->kind,
				  .mode = first->mode,
				  .hot = m->hot[at],
				  .knot = first->knot,
				  .stuck = first->stuck,
				  .unread = first->unread,
				  .members = g_array_ref(members) };

	if (first->task < 0) {
		node.title = members->len > 1
				     ? g_strdup_printf("%u x %s", members->len, first->label)
				     : g_strdup(first->label);
		node.detail = first->mode == NODE_ANY ? detail_of_any(g, at, &node.choices)
						      : g_strdup("");
	} else {
		node.title = title_of_tasks(g, s, members);
		node.detail = members->len == 1 ? detail_of_task(first) : g_strdup("");
	}
	g_array_append_val(f->nodes, node);
}

/* Everybody to be shown: the hot path from its beginning, then the rest as the graph has them. */
static GArray *in_order(const struct waitgraph *g, const struct marks *m)
{
	GArray *order = ring_walk(g, m->hot_edge);

	for (guint i = 0; i < g->nodes->len; i++) {
		if (m->matters[i] && !m->hot[i])
			g_array_append_val(order, i);
	}
	return order;
}

static void add_groups(struct fold *f, const struct waitgraph *g, const struct snapshot *s,
		       const struct marks *m)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	g_autoptr(GArray) order = in_order(g, m);
	g_autofree guint *class = classes_of(g, m, order);

	/* Classes are numbered as their first members come. */
	for (guint i = 0; i < order->len; i++) {
		guint at = g_array_index(order, guint, i);

		if (class[at] == groups->len)
			g_ptr_array_add(groups, g_array_new(FALSE, FALSE, sizeof(guint)));
		g_array_append_val((GArray *)g_ptr_array_index(groups, class[at]), at);
	}
	for (guint i = 0; i < groups->len; i++) {
		GArray *members = g_ptr_array_index(groups, i);

		if (i < FOLD_NODES_MAX)
			add_group(f, g, s, m, members);
		else
			f->left_out += members->len;
	}
}

static void add_edge(struct fold *f, const struct wait_edge *edge, guint from, guint to,
		     gboolean hot)
{
	struct fold_edge folded = { .from = from,
				    .to = to,
				    .held = edge->held,
				    .evidence = edge->evidence,
				    .count = 1,
				    .hot = hot,
				    .holds = edge->holds };

	for (guint i = 0; i < f->edges->len; i++) {
		struct fold_edge *other = &g_array_index(f->edges, struct fold_edge, i);

		if (other->from == from && other->to == to && !strcmp(other->held, edge->held)) {
			other->count++;
			other->hot |= hot;
			return;
		}
	}
	folded.knot = fold_node_at(f, from)->knot && fold_node_at(f, to)->knot;
	g_array_append_val(f->edges, folded);
}

static int by_ends(gconstpointer a, gconstpointer b)
{
	const struct fold_edge *x = a, *y = b;

	if (x->from != y->from)
		return (x->from > y->from) - (x->from < y->from);
	return (x->to > y->to) - (x->to < y->to);
}

static void add_edges(struct fold *f, const struct waitgraph *g, const struct marks *m)
{
	g_autofree gint *where = g_new(gint, g->nodes->len + 1);

	for (guint i = 0; i < g->nodes->len; i++)
		where[i] = -1;
	for (guint i = 0; i < f->nodes->len; i++) {
		const GArray *members = fold_node_at(f, i)->members;

		for (guint k = 0; k < members->len; k++)
			where[g_array_index(members, guint, k)] = i;
	}
	for (guint e = 0; e < g->edges->len; e++) {
		const struct wait_edge *edge = edge_at(g, e);

		if (where[edge->from] >= 0 && where[edge->to] >= 0 && is_shown(g, m, e))
			add_edge(f, edge, where[edge->from], where[edge->to], m->hot_edge[e]);
	}
	g_array_sort(f->edges, by_ends);
}

struct fold *fold_graph(const struct waitgraph *g, const struct snapshot *s)
{
	struct fold *f = g_new0(struct fold, 1);
	struct marks m;

	f->nodes = g_array_new(FALSE, FALSE, sizeof(struct fold_node));
	f->edges = g_array_new(FALSE, FALSE, sizeof(struct fold_edge));
	g_array_set_clear_func(f->nodes, clear_node);
	mark(g, &m);
	add_groups(f, g, s, &m);
	add_edges(f, g, &m);
	unmark(&m);
	return f;
}
