// SPDX-License-Identifier: GPL-2.0-only
#include "machine/probe_io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/error.h"

static gboolean wait_for(int fd, short events, gint64 until_us, GError **error)
{
	struct pollfd p = { .fd = fd, .events = events };
	gint64 left_ms;
	int ret = -1;

	do {
		left_ms = (until_us - g_get_monotonic_time()) / 1000;
		ret = left_ms > 0 ? poll(&p, 1, (int)MIN(left_ms, G_MAXINT)) : 0;
	} while (ret < 0 && errno == EINTR);
	if (ret > 0)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "no answer in time");
	return FALSE;
}

static gboolean fail_errno(ssize_t got, GError **error)
{
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s",
		    got ? g_strerror(errno) : "it closed the connection");
	return FALSE;
}

gboolean probe_send(int fd, const void *data, gsize bytes, gint64 until_us, GError **error)
{
	for (gsize done = 0; done < bytes;) {
		ssize_t n;

		if (!wait_for(fd, POLLOUT, until_us, error))
			return FALSE;
		n = send(fd, (const char *)data + done, bytes - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail_errno(n, error);
		done += n > 0 ? (gsize)n : 0;
	}
	return TRUE;
}

gboolean probe_receive(int fd, void *data, gsize bytes, gint64 until_us, GError **error)
{
	for (gsize done = 0; done < bytes;) {
		ssize_t n;

		if (!wait_for(fd, POLLIN, until_us, error))
			return FALSE;
		n = recv(fd, (char *)data + done, bytes - done, MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			return fail_errno(n, error);
		done += n > 0 ? (gsize)n : 0;
	}
	return TRUE;
}
