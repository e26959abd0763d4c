/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many tasks, few stories: tasks that wait alike become one node of a smaller
 * graph, and tasks with equal stacks one group.  Pictures, words and tables
 * are made from these.
 *
 *	wait graph -> who matters (the knot's hot path, everybody who waits, what they wait for)
 *		   -> fold those that wait for the same -> fold_graph()
 *
 * The hot path comes first, from its beginning on; all else is in the order of
 * the wait graph.  Equal input gives equal output.
 */
#ifndef NETSWAP_REPORT_FOLD_H
#define NETSWAP_REPORT_FOLD_H

#include "judge/waitgraph.h"

#define FOLD_NODES_MAX 40 /* more than that nobody reads in a picture */

struct fold_node {
	enum node_kind kind;
	enum node_mode mode;
	gboolean hot; /* on the knot's hot path (report/ring.h); never folded */
	gboolean knot, stuck;
	GArray *members; /* of guint: nodes of the wait graph, ascending; one at least */
	char *title;	 /* "kworker/1:1:38", "5 x workload", "NETWORK" */
	char *detail;	 /* "refill_work, in reclaim, NAPI disabled", "any of 12: all stuck"; "" */
};

struct fold_edge {
	guint from, to;		     /* in fold_graph.nodes */
	const char *held, *evidence; /* of the first edge folded in; belong to the wait graph */
	guint count;		     /* edges of the wait graph folded in */
	gboolean hot;		     /* on the hot path */
	gboolean knot;		     /* within the knot */
};

struct fold {
	GArray *nodes;	/* of struct fold_node */
	GArray *edges;	/* of struct fold_edge, by their ends */
	guint left_out; /* tasks beyond FOLD_NODES_MAX */
};

struct fold *fold_graph(const struct waitgraph *g, const struct snapshot *s);
void fold_free(struct fold *f);
DEFINE_SCOPED(fold, fold_free)

/* Shorthands for loops over @f. */
const struct fold_node *fold_node_at(const struct fold *f, guint i);
const struct fold_edge *fold_edge_at(const struct fold *f, guint i);

/* Tasks with one and the same stack. */
struct stack_group {
	GArray *nodes;	/* of guint: nodes of the wait graph, ascending */
	gboolean knot;	/* one of them is in the knot */
	gboolean stuck; /* one of them is stuck */
};

/* Of all tasks, or of those that are not idle: knot members first, then the stuck, then the rest.
 * Array of struct stack_group; caller unrefs. */
GArray *fold_stacks(const struct waitgraph *g, const struct snapshot *s, gboolean idle_too);

#endif
