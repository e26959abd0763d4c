// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs run a task, and what is said where that cannot be read. */
#include "guest/view_task.h"

#include "fake_guest.h"

enum { TASK_PID = 8, TASK_BYTES = 64 };

/* Two CPUs that run tasks with these pids. */
static void two_cpus(struct fake_guest *f, guint32 first, guint32 second)
{
	const guint32 pids[] = { first, second };
	guint64 hot;

	fake_guest_init(f);
	hot = fake_alloc(f, 2 * 64);
	fake_symbol(f, "pcpu_hot", 'd', hot);
	f->g.at.hot_task = 0;
	f->g.at.task_pid = TASK_PID;
	f->g.cpus = 2;
	f->g.percpu_offset[1] = 64;
	for (guint cpu = 0; cpu < 2; cpu++) {
		guint64 task = fake_alloc(f, TASK_BYTES);

		fake_u32(f, task + TASK_PID, pids[cpu]);
		fake_u64(f, hot + f->g.percpu_offset[cpu], task);
	}
}

static void test_running(void)
{
	static const struct {
		guint32 pids[2];
		gboolean running;
	} cases[] = {
		{ { 0, 0 }, FALSE }, { { 7, 0 }, TRUE }, { { 0, 7 }, TRUE }, { { 7, 8 }, TRUE }
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(fake_guest) f = { 0 };

		two_cpus(&f, cases[i].pids[0], cases[i].pids[1]);
		g_assert_cmpint(view_task_running(&f.g), ==, cases[i].running);
	}
}

/* Rather asked for registers in vain than missing a stack. */
static void test_unknown(void)
{
	g_auto(fake_guest) wild = { 0 };
	g_auto(fake_guest) nameless = { 0 };

	two_cpus(&wild, 0, 0);
	wild.g.percpu_offset[1] = FAKE_WILD - FAKE_DIRECT_MAP;
	g_assert_true(view_task_running(&wild.g));

	two_cpus(&nameless, 0, 0);
	nameless.g.at.hot_task = LAYOUT_NONE; /* and there is no variable current_task */
	g_assert_true(view_task_running(&nameless.g));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-task/running", test_running);
	g_test_add_func("/view-task/unknown", test_unknown);
	return g_test_run();
}
