// SPDX-License-Identifier: GPL-2.0-only
#include "fake_snapshot.h"

struct snapshot *fake_snapshot(gboolean running)
{
	struct snapshot *s = snapshot_new();

	s->complete = TRUE;
	s->server_running = s->server_answers = running;
	return s;
}

struct task_facts *fake_task(struct snapshot *s, const char *comm, const char *const *stack)
{
	struct task_facts t = { .address = FAKE_TASK(s->tasks->len),
				.pid = 10 + s->tasks->len,
				.tgid = 10 + s->tasks->len,
				.state = 2,
				.switches = 100 };

	g_strlcpy(t.comm, comm, sizeof(t.comm));
	for (; *stack; stack++)
		t.stack[t.frames++] = (struct stack_frame){ .function = g_intern_string(*stack) };
	g_array_append_val(s->tasks, t);
	return &g_array_index(s->tasks, struct task_facts, s->tasks->len - 1);
}
