// SPDX-License-Identifier: GPL-2.0-only
/*
 * The knot among many: found in time that grows with the number of waits, not
 * with its cube.  And that nothing is concluded from what was not read.
 */
#include "judge/waitgraph.h"

#define TASKS 8000u

static guint64 address_of(guint i)
{
	return 0xffff888000000000ull + i * 0x1000ull;
}

/* Task @i of @s waits for a mutex that task @owner holds. */
static void waits_for(struct snapshot *s, guint i, guint owner)
{
	struct task_facts t = { .address = address_of(i), .pid = i + 1, .tgid = i + 1, .state = 2 };

	t.stack[t.frames++].function = g_intern_static_string("__mutex_lock");
	t.on = (struct wait_object){ .kind = OBJECT_MUTEX,
				     .address = 0xffff888100000000ull + i * 64ull,
				     .owner = address_of(owner) };
	g_array_append_val(s->tasks, t);
}

/* The first @ring tasks are the knot, and all are stuck. */
static void check(const struct snapshot *s, guint ring)
{
	const struct waitgraph_hints hints = { 0 };
	SCOPED(waitgraph) g = waitgraph_build(s, &hints);

	g_assert_cmpuint(g->knot_size, ==, ring);
	for (guint i = 0; i < g->nodes->len; i++) {
		const struct wait_node *node = &g_array_index(g->nodes, struct wait_node, i);

		if (node->kind != NODE_TASK)
			continue;
		g_assert_true(node->stuck);
		g_assert_cmpint(node->knot, ==, (guint)node->task < ring);
	}
}

/* Two that hold each other up, and behind them a queue in which each holds the next one up. */
static void test_queue(void)
{
	SCOPED(snapshot) s = snapshot_new();

	waits_for(s, 0, 1);
	for (guint i = 1; i < TASKS; i++)
		waits_for(s, i, i - 1);
	check(s, 2);
}

static void test_ring(void)
{
	SCOPED(snapshot) s = snapshot_new();

	for (guint i = 0; i < TASKS; i++)
		waits_for(s, i, (i + 1) % TASKS);
	check(s, TASKS);
}

/* All wait for one, which waits for itself. */
static void test_star(void)
{
	SCOPED(snapshot) s = snapshot_new();

	for (guint i = 0; i < TASKS; i++)
		waits_for(s, i, 0);
	check(s, 1);
}

/* One waits for a completion, another, whom nothing holds up, might be in charge of it. */
static struct snapshot *lost_completion(gboolean mover_read, gboolean complete)
{
	struct task_facts waiter = { .address = address_of(0), .pid = 1, .tgid = 1, .state = 2 };
	struct task_facts mover = { .address = address_of(1), .pid = 2, .tgid = 2, .state = 0 };
	struct snapshot *s = snapshot_new();

	waiter.stack[waiter.frames++].function = g_intern_static_string("wait_for_completion");
	waiter.stack[waiter.frames++].function = g_intern_static_string("somebody");
	waiter.on = (struct wait_object){ .kind = OBJECT_COMPLETION, .address = address_of(2) };
	s->complete = complete;
	s->server_running = s->server_answers = TRUE;
	g_array_append_val(s->tasks, waiter);
	if (mover_read)
		g_array_append_val(s->tasks, mover);
	return s;
}

static void test_incomplete(void)
{
	const struct waitgraph_hints hints = { 0 };
	const struct {
		gboolean mover_read, complete, knot;
	} cases[] = {
		{ TRUE, TRUE, FALSE },
		{ FALSE, TRUE, TRUE },
		{ FALSE, FALSE, FALSE }, /* perhaps there was one */
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(snapshot) s = lost_completion(cases[i].mover_read, cases[i].complete);
		SCOPED(waitgraph) g = waitgraph_build(s, &hints);

		g_assert_cmpint(waitgraph_has_knot(g), ==, cases[i].knot);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/waitgraph-solve/queue", test_queue);
	g_test_add_func("/waitgraph-solve/ring", test_ring);
	g_test_add_func("/waitgraph-solve/star", test_star);
	g_test_add_func("/waitgraph-solve/incomplete", test_incomplete);
	return g_test_run();
}
