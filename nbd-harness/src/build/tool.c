// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running host programs: see tool.h.
 *
 * fork -> the child leads a new process group, asks for SIGTERM when we die,
 * execs -> we read its output from a pipe in a main loop of our own, so that
 * signals and other sources of the default context are served meanwhile ->
 * its exit ends the loop.
 *
 * A helper that outlives the program keeps the pipe open; so the loop ends on
 * the program's exit, not on end of file.
 */
#include "build/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

struct tool {
	GMainLoop *loop;
	pid_t pid;
	int wait_status;
	gboolean interrupted;
	int out_fd; /* read end of standard output, or -1 */
	GString *partial_line;
	tool_line_fn on_line;
	gpointer data;
};

static void take_output(struct tool *t, const char *bytes, gsize n)
{
	char *newline;

	g_string_append_len(t->partial_line, bytes, n);
	while ((newline = strchr(t->partial_line->str, '\n'))) {
		*newline = '\0';
		t->on_line(t->partial_line->str, t->data);
		g_string_erase(t->partial_line, 0, newline - t->partial_line->str + 1);
	}
}

/* Read what is there; FALSE at end of file. */
static gboolean drain_output(struct tool *t)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(t->out_fd, buffer, sizeof(buffer))) > 0)
		take_output(t, buffer, n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
	return drain_output(data) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void on_exit_status(GPid pid, gint wait_status, gpointer data)
{
	struct tool *t = data;

	t->wait_status = wait_status;
	g_main_loop_quit(t->loop);
}

static gboolean on_signal(gpointer data)
{
	struct tool *t = data;

	t->interrupted = TRUE;
	kill(-t->pid, SIGTERM);
	return G_SOURCE_CONTINUE;
}

struct child_setup {
	pid_t parent;
	int out_fd, err_fd;
};

/* Runs in the child, between fork and exec: async-signal-safe calls only. */
static void set_up_child(gpointer data)
{
	struct child_setup *s = data;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != s->parent)
		_exit(NETSWAP_EXIT_INFRA);
	dup2(s->out_fd, STDOUT_FILENO);
	dup2(s->err_fd, STDERR_FILENO);
}

/* Where standard error goes: the log, or a nameless file that is read afterwards. */
static int open_error_file(const char *log_path, GError **error)
{
	int fd = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
			  : open(g_get_tmp_dir(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot write to %s: %s",
			    log_path ? log_path : g_get_tmp_dir(), g_strerror(errno));
	return fd;
}

/* The last line of what was written to @fd; caller frees.  "" when there is none. */
static char *last_line(int fd)
{
	char tail[1024];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = MAX(end - (off_t)sizeof(tail) + 1, 0);
	ssize_t n = end < 0 ? 0 : pread(fd, tail, sizeof(tail) - 1, from);
	char *newline;

	tail[MAX(n, 0)] = '\0';
	g_strchomp(tail);
	newline = strrchr(tail, '\n');
	return g_strdup(newline ? newline + 1 : tail);
}

/* One sentence: what the program said of it, or how it ended. */
static void set_status_error(const struct tool *t, const char *name, const char *log_path,
			     int err_fd, GError **error)
{
	g_autofree char *program = g_path_get_basename(name);
	g_autofree char *how = text_wait_status(t->wait_status);
	g_autofree char *said = log_path ? g_strdup_printf("see %s", log_path) : last_line(err_fd);

	if (t->interrupted)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INTERRUPTED,
			    "interrupted while %s ran", program);
	else if (WIFSIGNALED(t->wait_status))
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s %s: %s", program, how,
			    said);
	else if (*said && !log_path)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s: %s", program, said);
	else
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s failed with status %d%s%s", program, WEXITSTATUS(t->wait_status),
			    *said ? ": " : "", said);
}

static void wait_for_exit(struct tool *t)
{
	guint interrupt = g_unix_signal_add(SIGINT, on_signal, t);
	guint terminate = g_unix_signal_add(SIGTERM, on_signal, t);
	GSource *output = NULL;

	if (t->out_fd >= 0) {
		output = g_unix_fd_source_new(t->out_fd, G_IO_IN | G_IO_HUP);
		g_source_set_callback(output, G_SOURCE_FUNC(on_output), t, NULL);
		g_source_attach(output, NULL);
	}
	g_child_watch_add(t->pid, on_exit_status, t);
	g_main_loop_run(t->loop);

	if (output) {
		g_source_destroy(output);
		g_source_unref(output);
		drain_output(t);
	}
	g_source_remove(interrupt);
	g_source_remove(terminate);
}

/* The pipe for standard output, our end non-blocking. */
static gboolean open_pipe(int fds[2], GError **error)
{
	return g_unix_open_pipe(fds, FD_CLOEXEC, error) &&
	       g_unix_set_fd_nonblocking(fds[0], TRUE, error);
}

gboolean tool_run(const char *const argv[], const char *cwd, const char *log_path,
		  tool_line_fn on_line, gpointer data, GError **error)
{
	struct tool t = { .on_line = on_line, .data = data, .out_fd = -1 };
	struct child_setup setup = { .parent = getpid() };
	g_autoptr(GError) cause = NULL;
	int pipe_fds[2] = { -1, -1 };
	gboolean ok;

	setup.err_fd = open_error_file(log_path, error);
	if (setup.err_fd < 0)
		return FALSE;
	if (on_line && !open_pipe(pipe_fds, error)) {
		close(setup.err_fd);
		return FALSE;
	}
	setup.out_fd = on_line ? pipe_fds[1] : setup.err_fd;

	ok = g_spawn_async(cwd, (char **)argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, set_up_child, &setup,
			   &t.pid, &cause);
	if (on_line)
		close(pipe_fds[1]);
	if (ok) {
		t.loop = g_main_loop_new(NULL, FALSE);
		t.partial_line = g_string_new(NULL);
		t.out_fd = pipe_fds[0];
		wait_for_exit(&t);
		g_main_loop_unref(t.loop);
		g_string_free(t.partial_line, TRUE);
		ok = !t.interrupted && WIFEXITED(t.wait_status) && WEXITSTATUS(t.wait_status) == 0;
		if (!ok)
			set_status_error(&t, argv[0], log_path, setup.err_fd, error);
	} else {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot run %s: %s", argv[0],
			    cause->message);
	}
	if (pipe_fds[0] >= 0)
		close(pipe_fds[0]);
	close(setup.err_fd);
	return ok;
}
