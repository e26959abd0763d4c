// SPDX-License-Identifier: GPL-2.0-only
#include "talk.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

void talk_ask(struct talk *t, probe_fn probe, const char *what, const void *answer, gsize bytes,
	      gboolean ends, guint deadline_ms)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	t->server = fds[1];
	if (bytes)
		g_assert_cmpint(send(t->server, answer, bytes, 0), ==, bytes);
	if (ends)
		shutdown(t->server, SHUT_WR);
	t->ok = probe(fds[0], what, deadline_ms, &t->error);
}

void talk_clear(struct talk *t)
{
	close(t->server);
	g_clear_error(&t->error);
}

void talk_expect_refused(const struct talk *t, const char *message)
{
	g_assert_false(t->ok);
	g_assert_error(t->error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_cmpstr(t->error->message, ==, message);
}
