/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's tasks: counted cheaply for samples, read in full with stacks for snapshots. */
#ifndef NETSWAP_GUEST_VIEW_TASK_H
#define NETSWAP_GUEST_VIEW_TASK_H

#include "guest/guest.h"
#include "guest/unwind.h"
#include "judge/facts.h"

#define GUEST_TASKS_MAX 32768

/*
 * Fill the task fields of @s; a torn walk of a running guest leaves them
 * unknown.  CPU time of processes in @idle (GArray of gint32, pids) is left out.
 */
void view_task_sample(const struct guest *g, const GArray *idle, struct sample *s);

/* Does any CPU run a task, other than its idle task, which is on no list?  TRUE if unknown. */
gboolean view_task_running(const struct guest *g);

/*
 * Append a struct task_facts for every thread; the guest must be
 * stopped.  Stacks are as @u unwinds them.
 * FALSE: the list is broken; what was read until then is in @tasks.
 */
gboolean view_task_snapshot(const struct guest *g, const struct unwinder *u, GArray *tasks);

#endif
