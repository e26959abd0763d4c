// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pod's promises: isolation, credentials, exits reported, and nothing left
 * alive whoever is killed.
 *
 * This program plays three parts, as netswap does: the test, the keeper
 * ("--keeper FD"), and helpers of the tests ("--harness", "--listen PORT").
 */
#include "machine/pod.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define GONE_DEADLINE_MS 1000
#define TEST_PORT	 10809

struct exits {
	GMainLoop *loop;
	guint count;
	int last_status;
};

static void on_exit_count(struct pod_child *child, gpointer data)
{
	struct exits *e = data;

	g_assert_false(child->running);
	e->count++;
	e->last_status = child->wait_status;
	if (e->loop)
		g_main_loop_quit(e->loop);
}

static gboolean on_timeout(gpointer data)
{
	g_error("the main loop waited too long");
	return G_SOURCE_REMOVE;
}

static void run_until_exit(struct exits *e)
{
	guint timer = g_timeout_add_seconds(10, on_timeout, NULL);

	e->loop = g_main_loop_new(NULL, FALSE);
	if (!e->count)
		g_main_loop_run(e->loop);
	g_clear_pointer(&e->loop, g_main_loop_unref);
	g_source_remove(timer);
}

/* The pod of a test; where namespaces are forbidden the test is skipped. */
static struct pod *pod_or_skip(struct exits *e)
{
	g_autoptr(GError) error = NULL;
	struct pod *pod = pod_new(e ? on_exit_count : NULL, e, &error);

	if (!pod)
		g_test_skip(error->message);
	return pod;
}

static int new_log(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static char *read_log(int fd)
{
	char text[4096];
	ssize_t bytes = pread(fd, text, sizeof(text) - 1, 0);

	g_assert_cmpint(bytes, >=, 0);
	return g_strndup(text, bytes);
}

/* Run a shell line in @pod to its end, return what it printed. */
static char *shell_output(struct pod *pod, const char *line, const struct pod_fd *fds)
{
	g_autoptr(GError) error = NULL;
	char *argv[] = { "sh", "-c", (char *)line, NULL };
	int log_fd = new_log();
	struct pod_child *child = pod_spawn(pod, "shell", argv, log_fd, fds, &error);
	char *text;

	g_assert_no_error(error);
	g_assert_true(pod_wait(pod, child, 10000));
	text = read_log(log_fd);
	close(log_fd);
	return text;
}

static struct pod_child *start_shell(struct pod *pod, const char *line)
{
	g_autoptr(GError) error = NULL;
	char *argv[] = { "sh", "-c", (char *)line, NULL };
	struct pod_child *child = pod_spawn(pod, "shell", argv, STDERR_FILENO, NULL, &error);

	g_assert_no_error(error);
	return child;
}

static GArray *open_pidfds(const pid_t *pids, guint count)
{
	GArray *fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

	for (guint i = 0; i < count; i++) {
		struct pollfd p = { .fd = syscall(SYS_pidfd_open, pids[i], 0), .events = POLLIN };

		g_assert_cmpint(p.fd, >=, 0);
		g_array_append_val(fds, p);
	}
	return fds;
}

/* All of them end before the deadline.  Frees @pidfds. */
static void assert_gone(GArray *pidfds)
{
	gint64 until = g_get_monotonic_time() + GONE_DEADLINE_MS * 1000;

	for (guint i = 0; i < pidfds->len; i++) {
		struct pollfd *p = &g_array_index(pidfds, struct pollfd, i);
		gint64 left_ms = MAX((until - g_get_monotonic_time()) / 1000, 0);

		g_assert_cmpint(poll(p, 1, left_ms), ==, 1);
		close(p->fd);
	}
	g_array_unref(pidfds);
}

static pid_t parent_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;
	pid_t parent = 0;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpint(sscanf(strrchr(text, ')'), ") %*c %d", &parent), ==, 1);
	return parent;
}

static char state_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 'X'; /* ended */
	return strrchr(text, ')')[2];
}

/* A signal takes effect when its receiver next runs. */
static void assert_state_soon(pid_t pid, char state)
{
	for (int i = 0; i < 200 && state_of(pid) != state; i++)
		g_usleep(5000);
	g_assert_cmpint(state_of(pid), ==, state);
}

/*
 * Processes start asynchronously: wait until @child's tree has @count members,
 * the last of them a sleep, and all are asleep.  (A shell inside vfork() is in D
 * until its child has executed, and stays there if the child is stopped.)
 */
static gboolean is_settled(const GArray *pids, guint count)
{
	g_autofree char *path = NULL;
	g_autofree char *name = NULL;

	if (pids->len != count)
		return FALSE;
	for (guint i = 0; i < pids->len; i++)
		if (state_of(g_array_index(pids, pid_t, i)) != 'S')
			return FALSE;
	path = g_strdup_printf("/proc/%d/comm", g_array_index(pids, pid_t, pids->len - 1));
	return g_file_get_contents(path, &name, NULL, NULL) && !strcmp(name, "sleep\n");
}

static GArray *tree_of(struct pod *pod, struct pod_child *child, guint count)
{
	for (int i = 0; i < 500; i++) {
		GArray *pids = pod_tree(pod, child);

		if (is_settled(pids, count))
			return pids;
		g_array_unref(pids);
		g_usleep(10000);
	}
	g_error("the tree never had %u processes asleep", count);
}

static void test_exit_status(void)
{
	struct exits e = { 0 };
	struct pod *pod = pod_or_skip(&e);
	struct pod_child *child;

	if (!pod)
		return;
	child = start_shell(pod, "exit 7");
	run_until_exit(&e);
	g_assert_cmpuint(e.count, ==, 1);
	g_assert_true(WIFEXITED(e.last_status));
	g_assert_cmpint(WEXITSTATUS(e.last_status), ==, 7);
	g_assert_cmpstr(child->name, ==, "shell");

	/* Seen first by pod_wait(): the callback still comes, once, from the loop. */
	e.count = 0;
	child = start_shell(pod, "kill -9 $$");
	g_assert_true(pod_wait(pod, child, 5000));
	g_assert_cmpuint(e.count, ==, 0);
	run_until_exit(&e);
	g_assert_cmpuint(e.count, ==, 1);
	g_assert_cmpint(e.last_status, ==, SIGKILL);
	pod_free(pod);
}

static void test_missing_program(void)
{
	struct pod *pod = pod_or_skip(NULL);
	g_autoptr(GError) error = NULL;
	char *argv[] = { "no-such-program", NULL };

	if (!pod)
		return;
	g_assert_null(pod_spawn(pod, "thing", argv, STDERR_FILENO, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "no-such-program"));
	g_assert_nonnull(strstr(error->message, "install-packages"));
	pod_free(pod);
}

static void test_descriptors(void)
{
	struct pod *pod = pod_or_skip(NULL);
	g_autofree char *text = NULL;
	int a = new_log(), b = new_log();
	/* Targets that are each other's source, and a reopen by path. */
	struct pod_fd fds[] = { { a, 4 }, { b, 3 }, { -1, 0 } };

	if (!pod)
		return;
	g_assert_cmpint(write(a, "first", 5), ==, 5);
	g_assert_cmpint(write(b, "second", 6), ==, 6);
	text = shell_output(pod,
			    "cat /proc/self/fd/4; cat /proc/self/fd/3; echo +w >/proc/self/fd/4;"
			    "ls /proc/self/fd | tr '\\n' ' '",
			    fds);
	/* The last number is ls's own handle of the folder. */
	g_assert_cmpstr(text, ==, "firstsecond0 1 2 3 4 5 ");
	close(a);
	close(b);
	pod_free(pod);
}

static void test_credentials(void)
{
	struct pod *pod = pod_or_skip(NULL);
	g_autofree char *text = NULL;
	g_autofree char *expected = NULL;
	int id = geteuid() ? (int)geteuid() : 65534;

	if (!pod)
		return;
	text = shell_output(pod,
			    "id -u; grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status;"
			    "cat /proc/self/oom_score_adj",
			    NULL);
	expected = g_strdup_printf("%d\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
				   "NoNewPrivs:\t1\n0\n",
				   id);
	g_assert_cmpstr(text, ==, expected);
	pod_free(pod);
}

static void test_private_tmp(void)
{
	struct pod *pod = pod_or_skip(NULL);
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;

	if (!pod)
		return;
	path = g_build_filename(pod_tmp_dir(pod), "note", NULL);
	g_assert_true(g_file_set_contents(path, "hello", -1, NULL));
	text = shell_output(pod, "ls /tmp; cat /tmp/note; touch /tmp/mine; stat -c %a /tmp", NULL);
	g_assert_cmpstr(text, ==, "note\nhello1777\n");
	g_assert_false(g_file_test("/tmp/note", G_FILE_TEST_EXISTS));
	pod_free(pod);
}

/* As a process of the pod: echo one byte to each client of 127.0.0.1:TEST_PORT. */
static int listen_forever(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(TEST_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int client;

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4) < 0)
		return 1;
	while ((client = accept(fd, NULL, NULL)) >= 0) {
		if (write(client, "!", 1) < 0)
			return 1;
		close(client);
	}
	return 1;
}

static int connect_soon(struct pod *pod)
{
	for (int i = 0; i < 100; i++) {
		int fd = pod_connect(pod, TEST_PORT, NULL);

		if (fd >= 0)
			return fd;
		g_usleep(20000);
	}
	g_error("nobody listens in the pod");
}

static void test_network(void)
{
	struct pod *pod = pod_or_skip(NULL), *other;
	g_autoptr(GError) error = NULL;
	char *argv[] = { "/proc/self/exe", "--listen", NULL };
	g_autofree char *text = NULL;
	struct pollfd p = { .events = POLLIN };
	char byte = 0;

	if (!pod)
		return;
	text = shell_output(pod, "grep -c : /proc/self/net/dev; cat /proc/self/net/route | wc -l",
			    NULL);
	g_assert_cmpstr(text, ==, "1\n1\n"); /* lo; the heading alone */
	g_assert_cmpint(pod_connect(pod, TEST_PORT, &error), ==, -1);
	g_assert_nonnull(strstr(error->message, "10809"));

	g_assert_nonnull(pod_spawn(pod, "listener", argv, STDERR_FILENO, NULL, NULL));
	p.fd = connect_soon(pod);
	g_assert_cmpint(poll(&p, 1, 2000), ==, 1);
	g_assert_cmpint(read(p.fd, &byte, 1), ==, 1);
	g_assert_cmpint(byte, ==, '!');
	close(p.fd);

	/* Another pod uses the same port and sees its own world only. */
	other = pod_or_skip(NULL);
	g_assert_cmpint(pod_connect(other, TEST_PORT, NULL), ==, -1);
	g_assert_nonnull(pod_spawn(other, "listener", argv, STDERR_FILENO, NULL, NULL));
	close(connect_soon(other));
	pod_free(other);
	pod_free(pod);
}

static void test_tree_signals(void)
{
	struct exits e = { 0 };
	struct pod *pod = pod_or_skip(&e);
	struct pod_child *child, *innocent;
	GArray *pids, *pidfds;

	if (!pod)
		return;
	innocent = start_shell(pod, "sleep 1000; true");
	g_array_unref(tree_of(pod, innocent, 2));
	child = start_shell(pod, "sleep 1000 & (sleep 1000; true) & wait");
	pids = tree_of(pod, child, 4);
	g_assert_cmpint(g_array_index(pids, pid_t, 0), ==, child->pid);
	pod_signal_tree(pod, child, SIGSTOP);
	for (guint i = 0; i < pids->len; i++)
		assert_state_soon(g_array_index(pids, pid_t, i), 'T');
	g_assert_cmpint(state_of(innocent->pid), ==, 'S');
	pod_signal_tree(pod, child, SIGCONT);
	assert_state_soon(child->pid, 'S');

	pidfds = open_pidfds((pid_t *)(void *)pids->data, pids->len);
	pod_signal_tree(pod, child, SIGKILL);
	assert_gone(pidfds);
	run_until_exit(&e);
	g_assert_true(innocent->running);
	g_array_unref(pids);
	pids = pod_tree(pod, child);
	g_assert_cmpuint(pids->len, ==, 0);
	g_array_unref(pids);
	pod_free(pod);
}

static void test_daemon(void)
{
	struct exits e = { 0 };
	struct pod *pod = pod_or_skip(&e);
	char *argv[] = { "sh", "-c", "setsid sh -c 'sleep 1000; true' & exit 0", NULL };
	char *missing[] = { "no-such-daemon", NULL };
	g_autoptr(GError) error = NULL;
	struct pod_child *child;
	GArray *pids;

	if (!pod)
		return;
	g_assert_null(pod_spawn_daemon(pod, "gone", missing, STDERR_FILENO, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	child = pod_spawn_daemon(pod, "daemon", argv, STDERR_FILENO, NULL, NULL);
	pids = tree_of(pod, child, 3);
	g_assert_false(pod_wait(pod, child, 100));
	/* The daemon's end, not its parent's, is the child's end. */
	kill(g_array_index(pids, pid_t, 1), SIGKILL);
	kill(g_array_index(pids, pid_t, 2), SIGKILL);
	run_until_exit(&e);
	g_assert_true(WIFSIGNALED(e.last_status));
	g_assert_cmpint(WTERMSIG(e.last_status), ==, SIGKILL);
	g_array_unref(pids);

	e.count = 0;
	child = pod_spawn_daemon(pod, "daemon", argv, STDERR_FILENO, NULL, NULL);
	pids = tree_of(pod, child, 3);
	pod_signal_tree(pod, child, SIGKILL);
	run_until_exit(&e);
	g_array_unref(pids);
	pod_free(pod);
}

static void test_free_kills_stopped(void)
{
	struct pod *pod = pod_or_skip(NULL);
	struct pod_child *child;
	GArray *pids, *pidfds;
	pid_t init;

	if (!pod)
		return;
	child = start_shell(pod, "sleep 1000 & wait");
	pids = tree_of(pod, child, 2);
	init = parent_of(child->pid);
	g_array_append_val(pids, init);
	pidfds = open_pidfds((pid_t *)(void *)pids->data, pids->len);
	pod_signal_tree(pod, child, SIGSTOP);
	kill(init, SIGSTOP);
	kill(parent_of(init), SIGSTOP);
	pod_free(pod);
	assert_gone(pidfds);
	g_array_unref(pids);
}

enum victim { KEEPER, PID_1 };

/* The pod breaks under a living harness: everything in it goes, and it is told. */
static void test_pod_killed(gconstpointer which)
{
	struct exits e = { 0 };
	struct pod *pod = pod_or_skip(&e);
	struct pod_child *child;
	g_autoptr(GError) error = NULL;
	GArray *pids, *pidfds;
	pid_t init;

	if (!pod)
		return;
	child = start_shell(pod, "sleep 1000 & wait");
	pids = tree_of(pod, child, 2);
	pidfds = open_pidfds((pid_t *)(void *)pids->data, pids->len);
	pod_signal_tree(pod, child, SIGSTOP);
	init = parent_of(child->pid);
	kill(GPOINTER_TO_INT(which) == KEEPER ? parent_of(init) : init, SIGKILL);
	assert_gone(pidfds);
	run_until_exit(&e);
	g_assert_cmpint(e.last_status, ==, SIGKILL);
	g_assert_cmpint(pod_connect(pod, TEST_PORT, &error), ==, -1);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_array_unref(pids);
	pod_free(pod);
}

/* As a harness of its own: a pod with running and stopped processes, told on
 * standard output, then nothing until killed. */
static int harness_until_killed(void)
{
	struct pod *pod = pod_new(NULL, NULL, NULL);
	struct pod_child *child, *stopped;
	GArray *a, *b;
	pid_t told[6];

	if (!pod)
		return 1;
	child = start_shell(pod, "sleep 1000 & wait");
	stopped = start_shell(pod, "trap '' TERM HUP; sleep 1000 & wait");
	a = tree_of(pod, child, 2);
	b = tree_of(pod, stopped, 2);
	pod_signal_tree(pod, stopped, SIGSTOP);
	memcpy(told, a->data, 2 * sizeof(pid_t));
	memcpy(told + 2, b->data, 2 * sizeof(pid_t));
	told[4] = parent_of(child->pid);
	told[5] = parent_of(told[4]);
	if (write(STDOUT_FILENO, told, sizeof(told)) < 0)
		return 1;
	pause();
	return 0;
}

enum before_kill { NOTHING, STOP_PID_1, STOP_KEEPER };

static void test_harness_killed(gconstpointer data)
{
	struct pod *probe = pod_or_skip(NULL);
	enum before_kill before = GPOINTER_TO_INT(data);
	pid_t told[6], harness;
	int out[2];
	GArray *pidfds;

	if (!probe)
		return;
	pod_free(probe);
	g_assert_cmpint(pipe(out), ==, 0);
	harness = fork();
	if (harness == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_pod", "--harness", NULL);
		_exit(127);
	}
	close(out[1]);
	g_assert_cmpint(read(out[0], told, sizeof(told)), ==, sizeof(told));
	pidfds = open_pidfds(told, G_N_ELEMENTS(told));
	if (before == STOP_PID_1)
		kill(told[4], SIGSTOP);
	if (before == STOP_KEEPER)
		kill(told[5], SIGSTOP);
	kill(harness, SIGKILL);
	waitpid(harness, NULL, 0);
	assert_gone(pidfds);
	close(out[0]);
}

/* What an ordinary user gets, tried as nobody when root runs the tests. */
static void test_ordinary_user(void)
{
	pid_t pid;
	int status;

	if (geteuid()) {
		g_test_skip("the other tests already run as an ordinary user");
		return;
	}
	pid = fork();
	if (pid == 0) {
		struct pod *pod;
		g_autofree char *note = NULL, *text = NULL;

		if (setgroups(0, NULL) || setgid(65534) || setuid(65534) ||
		    prctl(PR_SET_DUMPABLE, 1))
			_exit(1);
		pod = pod_new(NULL, NULL, NULL);
		if (!pod)
			_exit(77);
		note = g_build_filename(pod_tmp_dir(pod), "note", NULL);
		if (!g_file_set_contents(note, "hello", -1, NULL))
			_exit(2);
		text = shell_output(pod, "id -u; grep CapEff /proc/self/status; cat /tmp/note",
				    NULL);
		if (strcmp(text, "65534\nCapEff:\t0000000000000000\nhello") != 0)
			_exit(3);
		pod_free(pod);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	g_assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		g_test_skip("this host lets only root make namespaces");
	else
		g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--keeper"))
		return keeper_main(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "--harness"))
		return harness_until_killed();
	if (argc == 2 && !strcmp(argv[1], "--listen"))
		return listen_forever();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pod/exit-status", test_exit_status);
	g_test_add_func("/pod/missing-program", test_missing_program);
	g_test_add_func("/pod/descriptors", test_descriptors);
	g_test_add_func("/pod/credentials", test_credentials);
	g_test_add_func("/pod/private-tmp", test_private_tmp);
	g_test_add_func("/pod/network", test_network);
	g_test_add_func("/pod/tree-signals", test_tree_signals);
	g_test_add_func("/pod/daemon", test_daemon);
	g_test_add_func("/pod/free-kills-stopped", test_free_kills_stopped);
	g_test_add_data_func("/pod/keeper-killed", GINT_TO_POINTER(KEEPER), test_pod_killed);
	g_test_add_data_func("/pod/pid-1-killed", GINT_TO_POINTER(PID_1), test_pod_killed);
	g_test_add_data_func("/pod/harness-killed", GINT_TO_POINTER(NOTHING), test_harness_killed);
	g_test_add_data_func("/pod/harness-killed-pid-1-stopped", GINT_TO_POINTER(STOP_PID_1),
			     test_harness_killed);
	g_test_add_data_func("/pod/harness-killed-keeper-stopped", GINT_TO_POINTER(STOP_KEEPER),
			     test_harness_killed);
	g_test_add_func("/pod/ordinary-user", test_ordinary_user);
	return g_test_run();
}
