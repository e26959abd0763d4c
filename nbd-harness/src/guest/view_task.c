// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every thread hangs on its process's signal->thread_head, every process on
 * init_task.tasks.  A live guest changes these RCU lists while we walk, hence
 * the bounds and the "unknown" on failure.
 *
 * What a sleeper waits for is typed, on its stack: a struct mutex_waiter is
 * believed only if its task field names the sleeper and the ring it is on leads
 * to a struct mutex whose wait_list is that ring (read: the one node that lies
 * on nobody's stack).
 */
#include "guest/view_task.h"

#include <string.h>

#define PF_KTHREAD  0x00200000u /* include/linux/sched.h, unchanged from 5.10 to 7.3 */
#define WAITERS_MAX 4096
#define MUTEX_FLAGS 7ull /* low bits of mutex.owner, kernel/locking/mutex.c */

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

static gboolean count_task(const struct guest *g, guint64 address, gpointer data)
{
	struct sample *s = data;
	struct task_facts task = { 0 };
	guint32 pid;
	guint64 mm, utime_ns;

	if (!guest_u32(g, address + g->at.task_state, &task.state) ||
	    !guest_u32(g, address + g->at.task_tgid, &pid) ||
	    !guest_u64(g, address + g->at.task_mm, &mm) ||
	    !guest_u64(g, address + g->at.task_utime, &utime_ns))
		return FALSE;
	if (mm && pid != 1)
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

void view_task_sample(const struct guest *g, struct sample *s)
{
	guint64 tainted = symbols_address(g->symbols, "tainted_mask");

	s->tasks = s->tasks_runnable = s->tasks_blocked = s->user_ns = 0;
	if (!walk_tasks(g, count_task, s))
		s->tasks = s->tasks_runnable = s->tasks_blocked = s->user_ns = SAMPLE_UNKNOWN;
	sample_runqueues(g, s);
	if (tainted)
		guest_read(g, tainted, &s->tainted, 8);
}

/* A task_struct keeps its stack pointer, stale or not, within its stack. */
static gboolean looks_like_task(const struct guest *g, guint64 task)
{
	guint64 stack, sp;

	return guest_is_pointer(task) && guest_u64(g, task + g->at.task_stack, &stack) &&
	       guest_u64(g, task + g->at.task_sp, &sp) && guest_is_pointer(stack) &&
	       sp - stack < STACK_BYTES;
}

/* The list_head at @node is linked both ways. */
static gboolean is_linked(const struct guest *g, guint64 node)
{
	guint64 next, prev, back, forth;

	return guest_u64(g, node, &next) && guest_u64(g, node + 8, &prev) &&
	       guest_is_pointer(next) && guest_is_pointer(prev) && guest_u64(g, next + 8, &back) &&
	       guest_u64(g, prev, &forth) && back == node && forth == node;
}

/* The node is a mutex_waiter: it lies on the stack of the task that it names. */
static gboolean is_waiter(const struct guest *g, guint64 node)
{
	guint64 task, stack;

	return guest_u64(g, node + g->at.mutex_waiter_task - g->at.mutex_waiter_list, &task) &&
	       looks_like_task(g, task) && guest_u64(g, task + g->at.task_stack, &stack) &&
	       node - stack < STACK_BYTES;
}

/* The mutex at whose wait_list ring the waiter at @waiter queues, 0 if that can't be confirmed. */
static guint64 mutex_of_ring(const struct guest *g, guint64 waiter)
{
	guint64 at = waiter, owner;

	for (guint n = 0; n < WAITERS_MAX; n++) {
		if (!is_linked(g, at) || !guest_u64(g, at, &at) || at == waiter)
			return 0;
		if (is_waiter(g, at))
			continue;

		/* The one node that is no waiter is the head, inside the mutex. */
		guint64 mutex = at - g->at.mutex_wait_list;

		if (!is_linked(g, at) || !guest_u64(g, mutex + g->at.mutex_owner, &owner))
			return 0;
		owner &= ~MUTEX_FLAGS;
		return !owner || looks_like_task(g, owner) ? mutex : 0;
	}
	return 0;
}

static void find_mutex(const struct guest *g, const struct stack *stack, struct task_facts *t)
{
	guint i, to_task = (g->at.mutex_waiter_task - g->at.mutex_waiter_list) / 8;

	if (!stack_index(stack, stack->sp, &i))
		return;
	for (; i + to_task < STACK_BYTES / 8; i++) {
		if (stack->words[i + to_task] != t->address || !guest_is_pointer(stack->words[i]))
			continue;

		guint64 mutex = mutex_of_ring(g, stack->base + i * 8);
		guint64 owner;

		if (mutex && guest_u64(g, mutex + g->at.mutex_owner, &owner)) {
			guint offset = 0;
			const char *name = symbols_at(g->symbols, mutex, 0, &offset);

			t->on.kind = OBJECT_MUTEX;
			t->on.address = mutex;
			t->on.owner = owner & ~MUTEX_FLAGS;
			g_strlcpy(t->on.name, name ? name : "", sizeof(t->on.name));
			return;
		}
	}
}

static gboolean in_mutex_lock(const struct task_facts *t)
{
	for (guint i = 0; i < MIN(t->frames, 6); i++) {
		if (t->stack[i].function && strstr(t->stack[i].function, "mutex_lock"))
			return TRUE;
	}
	return FALSE;
}

struct reading {
	const struct unwinder *unwinder;
	GArray *tasks;
};

static gboolean read_task(const struct guest *g, guint64 address, gpointer data)
{
	struct reading *r = data;
	struct task_facts t = { .address = address };
	g_autofree struct stack *stack = g_new(struct stack, 1);
	guint64 nvcsw, nivcsw, mm;
	guint32 pid, tgid, on_cpu;

	if (!guest_u32(g, address + g->at.task_state, &t.state) ||
	    !guest_u32(g, address + g->at.task_flags, &t.flags) ||
	    !guest_u32(g, address + g->at.task_pid, &pid) ||
	    !guest_u32(g, address + g->at.task_tgid, &tgid) ||
	    !guest_u32(g, address + g->at.task_on_cpu, &on_cpu) ||
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

	if (unwind_task(r->unwinder, &t, stack) && in_mutex_lock(&t))
		find_mutex(g, stack, &t);
	g_array_append_val(r->tasks, t);
	return TRUE;
}

gboolean view_task_snapshot(const struct guest *g, const struct unwinder *u, GArray *tasks)
{
	struct reading r = { u, tasks };

	return walk_tasks(g, read_task, &r);
}
