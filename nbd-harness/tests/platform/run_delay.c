// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform that fair time stands on (run/fair.h): the kernel counts, for
 * each thread, how long it waited for a CPU, in the second field of
 * /proc/PID/task/TID/schedstat, in ns.
 */
#include <glib.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define BUSY_US 300000

static guint64 run_delay_ns(void)
{
	g_autofree char *path = g_strdup_printf("/proc/self/task/%d/schedstat", (int)gettid());
	g_autofree char *text = NULL;
	unsigned long long ran, delayed;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    sscanf(text, "%llu %llu", &ran, &delayed) != 2)
		return G_MAXUINT64;
	return delayed;
}

/* Be busy on the CPU of the caller's choice; returns how long this thread waited for it. */
static gpointer busy(gpointer cpu)
{
	guint64 before = run_delay_ns();
	gint64 end_us = g_get_monotonic_time() + BUSY_US;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(GPOINTER_TO_INT(cpu), &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (g_get_monotonic_time() < end_us)
		;
	return GSIZE_TO_POINTER(run_delay_ns() - before);
}

static void test_there(void)
{
	g_assert_cmpuint(run_delay_ns(), !=, G_MAXUINT64);
}

/* Two threads on one CPU: together they wait for about as long as it lasts. */
static void test_grows(void)
{
	gpointer cpu = GINT_TO_POINTER(sched_getcpu());
	GThread *one = g_thread_new("one", busy, cpu), *two = g_thread_new("two", busy, cpu);
	guint64 waited_us = GPOINTER_TO_SIZE(g_thread_join(one)) / 1000;

	waited_us += GPOINTER_TO_SIZE(g_thread_join(two)) / 1000;
	g_assert_cmpuint(waited_us, >, BUSY_US / 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/run-delay/there", test_there);
	g_test_add_func("/run-delay/grows-while-waiting", test_grows);
	return g_test_run();
}
