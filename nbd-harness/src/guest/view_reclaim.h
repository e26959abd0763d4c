/* SPDX-License-Identifier: GPL-2.0-only */
/* What memory pressure does to each task: the reclaim it is in, its stall mark, its cgroup. */
#ifndef NETSWAP_GUEST_VIEW_RECLAIM_H
#define NETSWAP_GUEST_VIEW_RECLAIM_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Fill in_memstall, cgroup and the reclaim fields of @tasks (struct task_facts, by address). */
gboolean view_reclaim_snapshot(const struct guest *g, GArray *tasks);

#endif
