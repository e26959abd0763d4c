// SPDX-License-Identifier: GPL-2.0-only
/*
 * The harness's side of a pod: starts the keeper (keeper.c), asks it for
 * children and sockets, and learns from it who ended.
 *
 * Requests are synchronous with a deadline.  Exits can arrive at any moment;
 * those met while waiting for an answer change pod_child at once, and the
 * callback follows from the main context.
 */
#include "machine/pod.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/wire.h"

#define ANSWER_DEADLINE_MS  10000
#define CONNECT_DEADLINE_MS 1000
#define END_DEADLINE_MS	    10000
/* Rounds of signalling a tree until no new process appears in it. */
#define TREE_ROUNDS_MAX 16

struct pod {
	int control_fd;
	pid_t keeper_pid;
	pid_t init_pid; /* PID 1 of the namespace, as seen from here */
	char *tmp_dir;
	GPtrArray *children; /* of struct child, in start order */
	GQueue ended;	     /* of struct pod_child whose callback is due; borrowed */
	GSource *control_source;
	GSource *ended_source; /* NULL unless something is due */
	pod_exit_fn on_exit;
	gpointer on_exit_data;
};

struct child {
	struct pod_child public;
	gint32 id;	   /* pid inside the namespace */
	gboolean is_guard; /* stands for a daemon */
};

static void child_free(gpointer data)
{
	struct child *c = data;

	g_free(c->public.name);
	g_free(c);
}

static gint64 now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void deliver_ended(struct pod *pod)
{
	struct pod_child *child;

	while ((child = g_queue_pop_head(&pod->ended)))
		if (pod->on_exit)
			pod->on_exit(child, pod->on_exit_data);
}

static gboolean deliver_ended_later(gpointer data)
{
	struct pod *pod = data;

	g_clear_pointer(&pod->ended_source, g_source_unref);
	deliver_ended(pod);
	return G_SOURCE_REMOVE;
}

static void child_ended(struct pod *pod, struct child *child, int wait_status)
{
	child->public.running = FALSE;
	child->public.wait_status = wait_status;
	g_queue_push_tail(&pod->ended, &child->public);
	if (pod->ended_source)
		return;
	pod->ended_source = g_idle_source_new();
	g_source_set_priority(pod->ended_source, G_PRIORITY_DEFAULT);
	g_source_set_callback(pod->ended_source, deliver_ended_later, pod, NULL);
	g_source_attach(pod->ended_source, g_main_context_get_thread_default());
}

static void keeper_is_gone(struct pod *pod)
{
	pod->init_pid = 0; /* the number may be given to somebody else */
	for (guint i = 0; i < pod->children->len; i++) {
		struct child *c = g_ptr_array_index(pod->children, i);

		if (c->public.running)
			child_ended(pod, c, SIGKILL);
	}
	if (pod->control_source) {
		g_source_destroy(pod->control_source);
		g_clear_pointer(&pod->control_source, g_source_unref);
	}
}

static void note_exit(struct pod *pod, const struct wire_message *m)
{
	for (guint i = 0; i < pod->children->len; i++) {
		struct child *c = g_ptr_array_index(pod->children, i);

		if (c->id == m->id && c->public.running) {
			child_ended(pod, c, m->wait_status);
			return;
		}
	}
}

/*
 * Take the next message that is no exit notice, or return when @until_ms
 * (monotonic) has passed or @watched (may be NULL) has ended: then FALSE, and
 * @error is set only when the keeper is gone.
 */
static gboolean receive_until(struct pod *pod, const struct pod_child *watched, gint64 until_ms,
			      struct wire_message *m, struct wire_extra *extra, GError **error)
{
	struct pollfd p = { .fd = pod->control_fd, .events = POLLIN };

	while (!watched || watched->running) {
		int ret = wire_receive(pod->control_fd, m, extra, MSG_DONTWAIT);
		gint64 left_ms = until_ms - now_ms();

		if (ret == 0 && m->kind != WIRE_EXITED)
			return TRUE;
		if (ret == 0) {
			note_exit(pod, m);
		} else if (ret != -EAGAIN) {
			keeper_is_gone(pod);
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "the pod's keeper (pid %d) ended unexpectedly: %s",
				    pod->keeper_pid, g_strerror(-ret));
			return FALSE;
		} else if (left_ms <= 0) {
			return FALSE;
		} else {
			poll(&p, 1, left_ms);
		}
	}
	return FALSE;
}

static void close_extra(struct wire_extra *extra)
{
	for (guint i = 0; i < extra->fds_count; i++)
		close(extra->fds[i]);
}

/* Wait for the answer of kind @kind; @what names the request in messages. */
static gboolean receive_answer(struct pod *pod, guint32 kind, const char *what,
			       struct wire_message *m, struct wire_extra *extra, GError **error)
{
	g_autoptr(GError) gone = NULL;

	if (!receive_until(pod, NULL, now_ms() + ANSWER_DEADLINE_MS, m, extra, &gone)) {
		if (gone)
			g_propagate_error(error, g_steal_pointer(&gone));
		else
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "the pod's keeper (pid %d) did not answer for %d s: %s",
				    pod->keeper_pid, ANSWER_DEADLINE_MS / 1000, what);
		return FALSE;
	}
	if (m->kind == kind)
		return TRUE;
	close_extra(extra);
	if (m->kind == WIRE_FAILED)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s failed: %.*s: %s", what,
			    (int)sizeof(m->step), m->step, g_strerror(m->error));
	else
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s failed: the pod's keeper answered something else", what);
	return FALSE;
}

static gboolean on_control(gint fd, GIOCondition condition, gpointer data)
{
	struct pod *pod = data;
	struct wire_message m;
	struct wire_extra extra;

	if (receive_until(pod, NULL, 0, &m, &extra, NULL))
		close_extra(&extra); /* an answer that came after its deadline */
	deliver_ended(pod);
	return G_SOURCE_CONTINUE;
}

/* In the keeper's process: never returns. */
static void exec_keeper(int control_fd, pid_t parent)
{
	char fd_text[16];
	char *const argv[] = { "netswap", "--keeper", fd_text, NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || fcntl(control_fd, F_SETFD, 0) < 0)
		_exit(126);
	snprintf(fd_text, sizeof(fd_text), "%d", control_fd);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static gboolean start_keeper(struct pod *pod, GError **error)
{
	pid_t self = getpid();
	int fds[2], on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ||
	    setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot make the socket of a pod: %s", g_strerror(errno));
		return FALSE;
	}
	pod->control_fd = fds[0];
	pod->keeper_pid = fork();
	if (pod->keeper_pid == 0)
		exec_keeper(fds[1], self);
	close(fds[1]);
	if (pod->keeper_pid < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot start the keeper of a pod: %s", g_strerror(errno));
		return FALSE;
	}
	return TRUE;
}

struct pod *pod_new(pod_exit_fn on_exit, gpointer data, GError **error)
{
	struct pod *pod = g_new0(struct pod, 1);
	struct wire_message m;
	struct wire_extra extra;

	pod->control_fd = -1;
	pod->children = g_ptr_array_new_with_free_func(child_free);
	pod->on_exit = on_exit;
	pod->on_exit_data = data;
	if (!start_keeper(pod, error) ||
	    !receive_answer(pod, WIRE_READY, "isolating the run", &m, &extra, error)) {
		g_prefix_error(error, "no pod (a container or a sysctl may forbid namespaces; "
				      "run as root, or allow user namespaces): ");
		pod_free(pod);
		return NULL;
	}
	pod->init_pid = extra.pid;
	pod->tmp_dir = g_strdup_printf("/proc/%d/root/tmp", pod->init_pid);
	pod->control_source = g_unix_fd_source_new(pod->control_fd, G_IO_IN | G_IO_HUP);
	g_source_set_callback(pod->control_source, G_SOURCE_FUNC(on_control), pod, NULL);
	g_source_attach(pod->control_source, g_main_context_get_thread_default());
	return pod;
}

/* @program stands for argv[0]: found by us, because PATH may lead through folders
 * that only we may search. */
static gboolean pack_args(struct wire_message *m, const char *program, char *const argv[])
{
	for (; argv[m->args_count]; m->args_count++) {
		const char *arg = m->args_count ? argv[m->args_count] : program;
		gsize bytes = strlen(arg) + 1;

		if (bytes > WIRE_ARGS_BYTES - m->args_bytes)
			return FALSE;
		memcpy(m->args + m->args_bytes, arg, bytes);
		m->args_bytes += bytes;
	}
	return TRUE;
}

static void pack_fds(struct wire_message *m, struct wire_extra *extra, int log_fd,
		     const struct pod_fd *fds)
{
	extra->fds[extra->fds_count++] = log_fd;
	for (; fds && fds->fd >= 0; fds++) {
		g_assert(extra->fds_count < WIRE_FDS && fds->child_fd >= WIRE_CHILD_FD_MIN &&
			 fds->child_fd <= WIRE_CHILD_FD_MAX);
		m->child_fds[extra->fds_count] = fds->child_fd;
		extra->fds[extra->fds_count++] = fds->fd;
	}
}

static struct pod_child *spawn(struct pod *pod, const char *name, char *const argv[], int log_fd,
			       const struct pod_fd *fds, gboolean daemon, GError **error)
{
	struct wire_message m = { .kind = WIRE_SPAWN, .daemon = daemon };
	struct wire_extra extra = { 0 };
	g_autofree char *what = g_strdup_printf("starting %s (%s)", name, argv[0]);
	g_autofree char *program = g_find_program_in_path(argv[0]);
	struct child *child;
	int ret;

	if (!program) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s not found in PATH: run scripts/install-packages", argv[0]);
		return NULL;
	}
	pack_fds(&m, &extra, log_fd, fds);
	ret = pack_args(&m, program, argv) ? wire_send(pod->control_fd, &m, &extra) : -E2BIG;
	if (ret < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s failed: %s", what,
			    g_strerror(-ret));
		return NULL;
	}
	if (!receive_answer(pod, WIRE_SPAWNED, what, &m, &extra, error))
		return NULL;
	child = g_new0(struct child, 1);
	child->public =
		(struct pod_child){ .name = g_strdup(name), .pid = extra.pid, .running = TRUE };
	child->id = m.id;
	child->is_guard = daemon;
	g_ptr_array_add(pod->children, child);
	return &child->public;
}

struct pod_child *pod_spawn(struct pod *pod, const char *name, char *const argv[], int log_fd,
			    const struct pod_fd *fds, GError **error)
{
	return spawn(pod, name, argv, log_fd, fds, FALSE, error);
}

struct pod_child *pod_spawn_daemon(struct pod *pod, const char *name, char *const argv[],
				   int log_fd, const struct pod_fd *fds, GError **error)
{
	return spawn(pod, name, argv, log_fd, fds, TRUE, error);
}

gboolean pod_wait(struct pod *pod, struct pod_child *child, guint timeout_ms)
{
	struct wire_message m;
	struct wire_extra extra;

	if (receive_until(pod, child, now_ms() + timeout_ms, &m, &extra, NULL))
		close_extra(&extra);
	return !child->running;
}

static int finish_connect(int fd, const struct sockaddr_in *to)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t bytes = sizeof(error);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (TEMP_FAILURE_RETRY(poll(&p, 1, CONNECT_DEADLINE_MS)) <= 0)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
		return errno;
	return error;
}

int pod_connect(struct pod *pod, guint16 port, GError **error)
{
	struct wire_message m = { .kind = WIRE_SOCKET };
	struct wire_extra extra;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int ret = -wire_send(pod->control_fd, &m, NULL);

	if (ret == 0) {
		if (!receive_answer(pod, WIRE_SOCKET, "making a socket in the pod", &m, &extra,
				    error))
			return -1;
		ret = finish_connect(extra.fds[0], &to);
		if (ret == 0)
			return extra.fds[0];
		close(extra.fds[0]);
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "cannot connect to port %u in the pod: %s", port, g_strerror(ret));
	return -1;
}

const char *pod_tmp_dir(struct pod *pod)
{
	return pod->tmp_dir;
}

static gboolean has_pid(const GArray *pids, pid_t pid)
{
	for (guint i = 0; i < pids->len; i++)
		if (g_array_index(pids, pid_t, i) == pid)
			return TRUE;
	return FALSE;
}

/* Append the children of thread directory @task, e.g. "/proc/12/task/13". */
static void add_children_of_task(GArray *pids, const char *task)
{
	g_autofree char *path = g_build_filename(task, "children", NULL);
	g_autofree char *text = NULL;
	char *p, *end;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return; /* ended meanwhile */
	for (p = text;; p = end) {
		pid_t pid = strtol(p, &end, 10);

		if (end == p)
			return;
		if (!has_pid(pids, pid))
			g_array_append_val(pids, pid);
	}
}

static void add_children(GArray *pids, pid_t pid)
{
	g_autofree char *tasks = g_strdup_printf("/proc/%d/task", pid);
	g_autoptr(GDir) dir = g_dir_open(tasks, 0, NULL);
	const char *tid;

	while (dir && (tid = g_dir_read_name(dir))) {
		g_autofree char *task = g_build_filename(tasks, tid, NULL);

		add_children_of_task(pids, task);
	}
}

GArray *pod_tree(struct pod *pod, struct pod_child *child)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

	if (child->running)
		g_array_append_val(pids, child->pid);
	/* Grows while it is walked: breadth first. */
	for (guint i = 0; i < pids->len; i++)
		add_children(pids, g_array_index(pids, pid_t, i));
	return pids;
}

static gboolean is_guard(struct pod_child *child)
{
	return ((struct child *)child)->is_guard; /* public is its first member */
}

void pod_signal(struct pod *pod, struct pod_child *child, int sig)
{
	if (is_guard(child))
		pod_signal_tree(pod, child, sig);
	else if (child->running)
		kill(child->pid, sig);
}

/* A process may fork while we look, so look again until nobody is new.  Once a
 * parent got SIGSTOP or SIGKILL it makes no more children, so this ends. */
void pod_signal_tree(struct pod *pod, struct pod_child *child, int sig)
{
	g_autoptr(GArray) signalled = g_array_new(FALSE, FALSE, sizeof(pid_t));
	gboolean any_new = TRUE;

	for (guint round = 0; any_new && round < TREE_ROUNDS_MAX; round++) {
		g_autoptr(GArray) pids = pod_tree(pod, child);

		any_new = FALSE;
		for (guint i = 0; i < pids->len; i++) {
			pid_t pid = g_array_index(pids, pid_t, i);

			/* A guard lives on until it has seen all others end. */
			if (has_pid(signalled, pid) || (is_guard(child) && pid == child->pid))
				continue;
			any_new = TRUE;
			g_array_append_val(signalled, pid);
			kill(pid, sig);
		}
	}
}

/*
 * PID 1 may be stopped and so miss that the socket closed; SIGKILL reaches it,
 * and through it everything in its namespace.  The keeper ends when all that is
 * gone, unless something sits in the host kernel and cannot die: then we leave.
 */
static void end_keeper(struct pod *pod)
{
	int pidfd = syscall(SYS_pidfd_open, pod->keeper_pid, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	kill(pod->keeper_pid, SIGCONT);
	if (pod->init_pid > 0) {
		kill(pod->init_pid, SIGKILL);
		if (TEMP_FAILURE_RETRY(poll(&p, 1, END_DEADLINE_MS)) == 0)
			g_warning("a process of pod %d cannot be killed", pod->keeper_pid);
	}
	if (pidfd >= 0)
		close(pidfd);
	kill(pod->keeper_pid, SIGKILL);
	TEMP_FAILURE_RETRY(waitpid(pod->keeper_pid, NULL, 0));
}

void pod_free(struct pod *pod)
{
	if (!pod)
		return;
	if (pod->control_source)
		g_source_destroy(pod->control_source);
	g_clear_pointer(&pod->control_source, g_source_unref);
	if (pod->ended_source)
		g_source_destroy(pod->ended_source);
	g_clear_pointer(&pod->ended_source, g_source_unref);
	if (pod->control_fd >= 0)
		close(pod->control_fd);
	if (pod->keeper_pid > 0)
		end_keeper(pod);
	g_queue_clear(&pod->ended);
	g_ptr_array_unref(pod->children);
	g_free(pod->tmp_dir);
	g_free(pod);
}
