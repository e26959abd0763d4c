// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every thread hangs on its process's signal->thread_head, every process on
 * init_task.tasks.  A live guest changes these RCU lists while we walk, hence
 * the bounds and the "unknown" on failure.
 */
#include "guest/view_task.h"

#include "guest/view_wait.h"

#define PF_KTHREAD 0x00200000u /* include/linux/sched.h, unchanged from 5.10 to 7.3 */

struct task_walk {
	gboolean (*task)(const struct guest *g, guint64 task, gpointer data);
	gpointer data;
	guint n;
};

static gboolean walk_thread(const struct guest *g, guint64 task, gpointer data)
{
	struct task_walk *walk = data;

	return ++walk->n <= GUEST_TASKS_MAX && walk->task(g, task, walk->data);
}

static gboolean walk_process(const struct guest *g, guint64 leader, gpointer data)
{
	guint64 signal;

	return guest_u64(g, leader + g->at.task_signal, &signal) && guest_is_pointer(signal) &&
	       guest_list(g, signal + g->at.signal_thread_head, g->at.task_thread_node,
			  GUEST_TASKS_MAX, walk_thread, data) >= 0;
}

static gboolean walk_tasks(const struct guest *g,
			   gboolean (*task)(const struct guest *, guint64, gpointer), gpointer data)
{
	struct task_walk walk = { task, data, 0 };
	guint64 init_task = symbols_address(g->symbols, "init_task");

	return init_task && guest_list(g, init_task + g->at.task_tasks, g->at.task_tasks,
				       GUEST_TASKS_MAX, walk_process, &walk) >= 0;
}

struct count {
	struct sample *s;
	const GArray *idle; /* of gint32 */
};

/* Is what process @pid computes a sign of progress? */
static gboolean counts(const GArray *idle, gint32 pid)
{
	for (guint i = 0; i < idle->len; i++)
		if (g_array_index(idle, gint32, i) == pid)
			return FALSE;
	return pid != 1;
}

static gboolean count_task(const struct guest *g, guint64 address, gpointer data)
{
	const struct count *count = data;
	struct sample *s = count->s;
	struct task_facts task = { 0 };
	guint32 pid;
	guint64 mm, utime_ns;

	if (!guest_u32(g, address + g->at.task_state, &task.state) ||
	    !guest_u32(g, address + g->at.task_tgid, &pid) ||
	    !guest_u64(g, address + g->at.task_mm, &mm) ||
	    !guest_u64(g, address + g->at.task_utime, &utime_ns))
		return FALSE;
	if (mm && counts(count->idle, pid))
		s->user_ns += utime_ns;
	s->tasks++;
	s->tasks_runnable += !task.state;
	s->tasks_blocked += *task_state_name(&task) == 'D';
	return TRUE;
}

static void sample_runqueues(const struct guest *g, struct sample *s)
{
	guint64 runqueues = symbols_address(g->symbols, "runqueues");
	gint64 sum = 0;

	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint32 n;

		if (!runqueues ||
		    !guest_u32(g, runqueues + g->percpu_offset[cpu] + g->at.rq_nr_running, &n))
			return;
		sum += n;
	}
	s->runqueue = sum;
}

void view_task_sample(const struct guest *g, const GArray *idle, struct sample *s)
{
	struct count count = { s, idle };
	guint64 tainted = symbols_address(g->symbols, "tainted_mask");

	s->tasks = s->tasks_runnable = s->tasks_blocked = s->user_ns = 0;
	if (!walk_tasks(g, count_task, &count))
		s->tasks = s->tasks_runnable = s->tasks_blocked = s->user_ns = SAMPLE_UNKNOWN;
	sample_runqueues(g, s);
	if (tainted)
		guest_read(g, tainted, &s->tainted, 8);
}

gboolean view_task_running(const struct guest *g)
{
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint64 task = guest_current_task(g, cpu);
		guint32 pid;

		if (!task || !guest_u32(g, task + g->at.task_pid, &pid) || pid)
			return TRUE;
	}
	return FALSE;
}

struct reading {
	const struct unwinder *unwinder;
	const struct view_wait *waits;
	GArray *tasks;
};

static gboolean read_task(const struct guest *g, guint64 address, gpointer data)
{
	struct reading *r = data;
	struct task_facts t = { .address = address };
	g_autofree struct stack *stack = g_new(struct stack, 1);
	guint64 nvcsw, nivcsw, mm, on_cpu;
	guint32 pid, tgid;

	if (!guest_u32(g, address + g->at.task_state, &t.state) ||
	    !guest_u32(g, address + g->at.task_flags, &t.flags) ||
	    !guest_u32(g, address + g->at.task_pid, &pid) ||
	    !guest_u32(g, address + g->at.task_tgid, &tgid) ||
	    !guest_bits(g, address, &g->at.task_on_cpu, &on_cpu) ||
	    !guest_u64(g, address + g->at.task_nvcsw, &nvcsw) ||
	    !guest_u64(g, address + g->at.task_nivcsw, &nivcsw) ||
	    !guest_u64(g, address + g->at.task_mm, &mm) ||
	    !guest_read_text(g, address + g->at.task_comm, t.comm, sizeof(t.comm)))
		return FALSE;
	t.pid = pid;
	t.tgid = tgid;
	t.on_cpu = on_cpu != 0;
	t.kernel_thread = (t.flags & PF_KTHREAD) != 0;
	t.switches = nvcsw + nivcsw;

	if (unwind_task(r->unwinder, &t, stack) && !t.on_cpu)
		view_wait_find(r->waits, stack, &t);
	g_array_append_val(r->tasks, t);
	return TRUE;
}

gboolean view_task_snapshot(const struct guest *g, const struct unwinder *u, GArray *tasks)
{
	SCOPED(view_wait) waits = view_wait_new(g);
	struct reading r = { u, waits, tasks };

	return walk_tasks(g, read_task, &r);
}
