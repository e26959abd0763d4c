// SPDX-License-Identifier: GPL-2.0-only
#include "machine/console.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_KEY 0x1d /* Ctrl-] */

struct console {
	int fd;
	gboolean raw;
	struct termios saved;
	GSource *from_guest, *from_user;
};

/* Best effort: a terminal that is gone must not end the run. */
static void show(const char *text, gsize bytes)
{
	while (bytes) {
		ssize_t done = TEMP_FAILURE_RETRY(write(STDOUT_FILENO, text, bytes));

		if (done <= 0)
			return;
		text += done;
		bytes -= done;
	}
}

static gboolean on_guest(gint fd, GIOCondition condition, gpointer data)
{
	char text[4096];
	ssize_t bytes = TEMP_FAILURE_RETRY(read(fd, text, sizeof(text)));

	if (bytes <= 0)
		return G_SOURCE_REMOVE;
	show(text, bytes);
	return G_SOURCE_CONTINUE;
}

static gboolean on_user(gint fd, GIOCondition condition, gpointer data)
{
	struct console *c = data;
	char text[256];
	ssize_t bytes = TEMP_FAILURE_RETRY(read(fd, text, sizeof(text)));

	if (bytes <= 0)
		return G_SOURCE_REMOVE;
	if (memchr(text, ESCAPE_KEY, bytes))
		raise(SIGINT);
	else if (send(c->fd, text, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		return G_SOURCE_REMOVE;
	return G_SOURCE_CONTINUE; /* keys that a stopped QEMU does not take are lost */
}

static GSource *watch(int fd, GUnixFDSourceFunc callback, struct console *c)
{
	GSource *source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP);

	g_source_set_callback(source, G_SOURCE_FUNC(callback), c, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
	return source;
}

struct console *console_new(int fd)
{
	struct console *c = g_new0(struct console, 1);
	struct termios raw;

	c->fd = fd;
	if (tcgetattr(STDIN_FILENO, &c->saved) == 0) {
		raw = c->saved;
		cfmakeraw(&raw);
		c->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	}
	c->from_guest = watch(fd, on_guest, c);
	c->from_user = watch(STDIN_FILENO, on_user, c);
	return c;
}

void console_free(struct console *c)
{
	if (!c)
		return;
	g_source_destroy(c->from_guest);
	g_source_unref(c->from_guest);
	g_source_destroy(c->from_user);
	g_source_unref(c->from_user);
	if (c->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
	close(c->fd);
	g_free(c);
}
