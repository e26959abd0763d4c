/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many tasks, few stories: tasks that wait alike become one node of a smaller
 * graph, from which picture and words are made.
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
	GArray *members;    /* of guint: nodes of the wait graph, ascending; one at least */
	char *title;	    /* "kworker/1:1:38", "5 x workload", "NETWORK" */
	guint choices;	    /* ANY, no task: of how many; all stuck if it is */
	const char *unread; /* as in wait_node; belongs to the wait graph; NULL none */
	char *detail; /* "refill_work, in reclaim, NAPI disabled", "any of 12: all stuck"; "" */
};

struct fold_edge {
	guint from, to;		     /* in fold_graph.nodes */
	const char *held, *evidence; /* of the first edge folded in; belong to the wait graph */
	guint count;		     /* edges of the wait graph folded in */
	gboolean hot;		     /* on the hot path */
	gboolean holds;		     /* as in wait_edge */
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

#endif
