// SPDX-License-Identifier: GPL-2.0-only
#include "judge/facts.h"

#include <stddef.h>

static const struct {
	const char *name, *meaning;
} verdicts[VERDICTS] = {
	[VERDICT_INFRA] = { "INFRA", "QEMU, the server, the host or a build failed; the kernel is "
				     "not judged" },
	[VERDICT_CRASH] = { "CRASH", "the guest kernel oopsed, panicked or reported a bug" },
	[VERDICT_CORRUPT] = { "CORRUPT", "a page came back different from what was written" },
	[VERDICT_DEADLOCK] = { "DEADLOCK",
			       "tasks wait for each other in a knot that nothing can untie" },
	[VERDICT_LIVELOCK] = { "LIVELOCK", "the CPUs are busy and nothing moves" },
	[VERDICT_IO_ERROR] = { "IO_ERROR",
			       "the kernel gave up on swap I/O although the server was healthy" },
	[VERDICT_OOM] = { "OOM", "the OOM killer struck while swap still had room" },
	[VERDICT_STARVED] = { "STARVED", "no progress, but a fault is still in force" },
	[VERDICT_INCONCLUSIVE] = { "INCONCLUSIVE",
				   "the pressure did not press, or evidence is missing" },
	[VERDICT_PASS] = { "PASS", "the pressure finished, every page came back intact, and swap "
				   "was used" },
};

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

const char *verdict_meaning(enum verdict v)
{
	return verdicts[v].meaning;
}

gboolean verdict_parse(const char *name, enum verdict *v)
{
	for (int i = 0; i < VERDICTS; i++) {
		if (!g_ascii_strcasecmp(name, verdicts[i].name)) {
			*v = i;
			return TRUE;
		}
	}
	return FALSE;
}

const struct sample_field sample_fields[] = {
#define FIELD(field, text) { #field, text, offsetof(struct sample, field) },
	SAMPLE_FIELDS(FIELD)
#undef FIELD
		{ NULL, NULL, 0 },
};

const char *wait_kind_name(enum wait_kind kind)
{
	static const char *const kinds[WAIT_KINDS] = {
		[WAIT_NONE] = "running",    [WAIT_IDLE] = "idle",
		[WAIT_TIMER] = "timer",	    [WAIT_MUTEX] = "mutex",
		[WAIT_RWSEM] = "rwsem",	    [WAIT_MEMPOOL] = "mempool",
		[WAIT_MEMORY] = "memory",   [WAIT_IO] = "io",
		[WAIT_TAG] = "tag",	    [WAIT_SEND] = "send",
		[WAIT_RECEIVE] = "receive", [WAIT_COMPLETION] = "completion",
		[WAIT_SOCKET] = "socket",   [WAIT_CONNECTION] = "connection",
		[WAIT_OTHER] = "other",
	};

	return kinds[kind];
}

const char *object_kind_name(enum object_kind kind)
{
	static const char *const kinds[OBJECT_KINDS] = {
		[OBJECT_NONE] = "none",	    [OBJECT_MUTEX] = "mutex",
		[OBJECT_RWSEM] = "rwsem",   [OBJECT_COMPLETION] = "completion",
		[OBJECT_QUEUE] = "queue",   [OBJECT_MEMPOOL] = "mempool",
		[OBJECT_TAGS] = "tags",	    [OBJECT_FOLIO] = "folio",
		[OBJECT_SOCKET] = "socket",
	};

	return kinds[kind];
}

const char *work_state_name(enum work_state state)
{
	static const char *const states[WORK_STATES] = {
		[WORK_RUNNING] = "running",
		[WORK_PENDING] = "pending",
		[WORK_BEHIND] = "behind",
		[WORK_INACTIVE] = "inactive",
	};

	return states[state];
}

struct snapshot *snapshot_new(void)
{
	struct snapshot *s = g_new0(struct snapshot, 1);

#define NEW(name, type) s->name = g_array_new(FALSE, TRUE, sizeof(type));
	SNAPSHOT_ARRAYS(NEW)
#undef NEW
	return s;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
#define FREE(name, type) g_array_unref(s->name);
	SNAPSHOT_ARRAYS(FREE)
#undef FREE
	g_free(s);
}

/* include/linux/sched.h, unchanged from 5.14 (where ->state became ->__state) to 7.3. */
#define TASK_INTERRUPTIBLE   0x1u
#define TASK_UNINTERRUPTIBLE 0x2u
#define TASK_STOPPED	     0x4u
#define TASK_WAKING	     0x200u /* woken, on its way to a run queue */
#define TASK_NEW	     0x800u /* not woken yet for the first time, but about to be */
#define TASK_WAKEKILL	     0x100u
#define TASK_NOLOAD	     0x400u

const char *task_state_name(const struct task_facts *t)
{
	if (t->on_cpu || !t->state || t->state & (TASK_WAKING | TASK_NEW))
		return "R";
	if ((t->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) ==
	    (TASK_UNINTERRUPTIBLE | TASK_NOLOAD))
		return "I";
	if (t->state & TASK_UNINTERRUPTIBLE)
		return "D";
	if (t->state & TASK_INTERRUPTIBLE)
		return "S";
	return t->state & TASK_STOPPED ? "T" : "X";
}

gboolean task_is_unkillable(const struct task_facts *t)
{
	return *task_state_name(t) == 'D' && !(t->state & TASK_WAKEKILL);
}
