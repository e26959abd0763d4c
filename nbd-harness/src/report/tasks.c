// SPDX-License-Identifier: GPL-2.0-only
#include "report/tasks.h"

/* include/linux/sched.h, as of every kernel since 2.6.12 */
#define PF_MEMALLOC 0x800

const struct wait_node *task_node(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

const struct task_facts *task_of(const struct snapshot *s, const struct wait_node *node)
{
	return &g_array_index(s->tasks, struct task_facts, node->task);
}

char *task_wait_text(const struct task_facts *t, const struct wait_facts *w)
{
	switch (w->kind) {
	case WAIT_NONE:
		return g_strdup(t->on_cpu ? "nothing: on a CPU" : "a CPU");
	case WAIT_IDLE:
		return g_strdup("work (idle)");
	case WAIT_SEND:
		return g_strdup("an ACK");
	case WAIT_RECEIVE:
		return g_strdup("data from the peer");
	case WAIT_IO:
		return t->on.name[0] ? g_strdup_printf("I/O: folio, %s", t->on.name)
				     : g_strdup("I/O");
	case WAIT_SOCKET:
		return g_strdup_printf("the lock of %s", t->on.name[0] ? t->on.name : "a socket");
	case WAIT_CONNECTION:
		return g_strdup("the connection to come back");
	case WAIT_TAG:
		return g_strdup("a free request");
	default:
		return t->on.name[0] ? g_strdup_printf("%s %s", wait_kind_name(w->kind), t->on.name)
				     : g_strdup(wait_kind_name(w->kind));
	}
}

char *task_flags_text(const struct task_facts *t)
{
	GString *text = g_string_new(NULL);
	const char *sep = "";

	if (t->flags & PF_MEMALLOC) {
		g_string_append(text, "MEMALLOC");
		sep = ", ";
	}
	if (t->in_memstall) {
		g_string_append_printf(text, "%smemstall", sep);
		sep = ", ";
	}
	if (t->reclaiming)
		g_string_append_printf(text, "%sreclaim", sep);
	return g_string_free(text, FALSE);
}
