/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_STACKS_H
#define NETSWAP_REPORT_STACKS_H

#include "judge/waitgraph.h"

/* Tasks with one and the same stack. */
struct stack_group {
	GArray *nodes;	/* of guint: nodes of the wait graph, ascending */
	gboolean knot;	/* one of them is in the knot */
	gboolean stuck; /* one of them is stuck */
};

/* Of all tasks, or of those that are not idle: knot members first, then the stuck, then the rest.
 * Array of struct stack_group; caller unrefs. */
GArray *stack_groups(const struct waitgraph *g, const struct snapshot *s, gboolean idle_too);

#endif
