// SPDX-License-Identifier: GPL-2.0-only
/*
 * task->reclaim_state points into the struct scan_control of the reclaim that
 * the task is in (set_task_reclaim_state(), mm/vmscan.c, 5.10 to 7.3), which
 * lies on the task's own stack: one that points elsewhere is not believed.
 *
 * task->cgroups (css_set) -> dfl_cgrp -> kn -> name: "" is the root, which we
 * call "/".
 */
#include "guest/view_reclaim.h"

#include "guest/unwind.h"

static gint64 signed_bits(guint64 value, guint width)
{
	return (gint64)(value << (64 - width)) >> (64 - width);
}

static gboolean read_reclaim(const struct guest *g, struct task_facts *t)
{
	guint64 state, stack, scan, order = 0, priority = 0;

	if (!guest_u64(g, t->address + g->at.task_reclaim_state, &state) ||
	    !guest_u64(g, t->address + g->at.task_stack, &stack))
		return FALSE;
	if (!state)
		return TRUE;
	scan = state - g->at.scan_reclaim_state;
	if (scan - stack >= STACK_BYTES || !guest_u32(g, scan + g->at.scan_gfp, &t->reclaim_gfp) ||
	    !guest_read(g, scan + g->at.scan_reclaimed, &t->reclaim_done_pages, 8))
		return FALSE;
	t->reclaiming = TRUE;
	if (guest_bits(g, scan, &g->at.scan_order, &order))
		t->reclaim_order = signed_bits(order, g->at.scan_order.width);
	if (guest_bits(g, scan, &g->at.scan_priority, &priority))
		t->reclaim_priority = signed_bits(priority, g->at.scan_priority.width);
	return TRUE;
}

static gboolean read_cgroup(const struct guest *g, struct task_facts *t)
{
	guint64 set, cgroup, kn, name;

	if (!guest_u64(g, t->address + g->at.task_cgroups, &set) ||
	    !guest_u64(g, set + g->at.css_set_cgroup, &cgroup) ||
	    !guest_u64(g, cgroup + g->at.cgroup_kn, &kn) ||
	    !guest_u64(g, kn + g->at.kernfs_name, &name) ||
	    !guest_read_text(g, name, t->cgroup, sizeof(t->cgroup)))
		return FALSE;
	if (!t->cgroup[0])
		g_strlcpy(t->cgroup, "/", sizeof(t->cgroup));
	return TRUE;
}

gboolean view_reclaim_snapshot(const struct guest *g, GArray *tasks)
{
	gboolean cgroups = g->at.task_cgroups != LAYOUT_NONE &&
			   g->at.css_set_cgroup != LAYOUT_NONE && g->at.cgroup_kn != LAYOUT_NONE &&
			   g->at.kernfs_name != LAYOUT_NONE;
	gboolean complete = TRUE;

	for (guint i = 0; i < tasks->len; i++) {
		struct task_facts *t = &g_array_index(tasks, struct task_facts, i);
		guint64 stalled;

		if (!g->at.lacks_reclaim)
			complete &= read_reclaim(g, t);
		if (cgroups)
			complete &= read_cgroup(g, t);
		if (guest_bits(g, t->address, &g->at.task_in_memstall, &stalled))
			t->in_memstall = stalled != 0;
	}
	return complete;
}
