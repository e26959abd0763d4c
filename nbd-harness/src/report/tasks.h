/* SPDX-License-Identifier: GPL-2.0-only */
/* How a report speaks of one task. */
#ifndef NETSWAP_REPORT_TASKS_H
#define NETSWAP_REPORT_TASKS_H

#include "judge/waitgraph.h"

const struct wait_node *task_node(const struct waitgraph *g, guint i);
const struct task_facts *task_of(const struct snapshot *s, const struct wait_node *node);

/* "mutex nbd0 socket 0 tx_lock", "memory", "nothing (runs)"; caller frees. */
char *task_wait_text(const struct task_facts *t, const struct wait_facts *w);
/* "MEMALLOC, memstall, reclaim", or ""; caller frees. */
char *task_flags_text(const struct task_facts *t);

#endif
