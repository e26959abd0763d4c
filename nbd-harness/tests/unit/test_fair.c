// SPDX-License-Identifier: GPL-2.0-only
/* Fair time of real processes: idle ones lose nothing, stopped ones lose all. */
#include "run/fair.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define INTERVAL_US 100000

/* A process that sleeps, and the group that it is. */
struct sleeper {
	pid_t pid;
	GArray *group;
};

static void begin(struct sleeper *s)
{
	s->pid = fork();
	if (!s->pid) {
		for (;;)
			pause();
	}
	s->group = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_array_append_val(s->group, s->pid);
}

static void end(struct sleeper *s)
{
	kill(s->pid, SIGKILL);
	g_assert_cmpint(waitpid(s->pid, NULL, 0), ==, s->pid);
	g_array_unref(s->group);
}

static void stop(struct sleeper *s)
{
	int status;

	kill(s->pid, SIGSTOP);
	g_assert_cmpint(waitpid(s->pid, &status, WUNTRACED), ==, s->pid);
	g_assert_true(WIFSTOPPED(status));
}

/* Of one interval, the fair share in percent. */
static int share(struct fair *f, const GArray *first, const GArray *second, gboolean vm_running,
		 gboolean held, struct fair_reading *r)
{
	struct fair_reading before;

	fair_read(f, first, second, TRUE, FALSE, &before);
	g_usleep(INTERVAL_US);
	fair_read(f, first, second, vm_running, held, r);
	g_assert_cmpint(r->host_us - before.host_us, >=, INTERVAL_US);
	return (r->fair_us - before.fair_us) * 100 / (r->host_us - before.host_us);
}

static void test_idle(void)
{
	struct fair *f = fair_new();
	struct fair_reading r;
	struct sleeper s;

	begin(&s);
	g_assert_cmpint(share(f, s.group, NULL, TRUE, FALSE, &r), >, 90);
	g_assert_cmpint(share(f, s.group, NULL, FALSE, FALSE, &r), ==, 0);
	g_assert_cmpuint(r.first_threads, ==, 1);
	g_assert_cmpuint(r.second_threads, ==, 0);
	end(&s);
	fair_free(f);
}

static void test_stopped(void)
{
	struct fair *f = fair_new();
	struct fair_reading r;
	struct sleeper vm, server;

	begin(&vm);
	begin(&server);
	stop(&vm);
	g_assert_cmpint(share(f, vm.group, server.group, TRUE, FALSE, &r), <, 10);
	g_assert_false(r.second_stopped);
	kill(vm.pid, SIGCONT);
	stop(&server);
	g_assert_cmpint(share(f, vm.group, server.group, TRUE, FALSE, &r), <, 10);
	g_assert_true(r.second_stopped);
	/* A fault stopped it: no reason to stop the clock, by which that fault is judged. */
	g_assert_cmpint(share(f, vm.group, server.group, TRUE, TRUE, &r), >, 90);
	g_assert_true(r.second_stopped);
	end(&vm);
	end(&server);
	fair_free(f);
}

static void test_gone(void)
{
	struct fair *f = fair_new();
	struct fair_reading r;
	struct sleeper s;
	GArray *group;

	begin(&s);
	group = g_array_ref(s.group);
	end(&s);
	g_assert_cmpint(share(f, group, NULL, TRUE, FALSE, &r), >, 90);
	g_assert_cmpuint(r.first_threads, ==, 0);
	g_array_unref(group);
	fair_free(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fair/idle", test_idle);
	g_test_add_func("/fair/stopped", test_stopped);
	g_test_add_func("/fair/gone", test_gone);
	return g_test_run();
}
