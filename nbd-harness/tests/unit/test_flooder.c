// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flooder as a guest sees it: it answers who registers, sends nothing before
 * it is told to, then as much as the rate says, to all sockets in turn; and it
 * takes no nonsense.  It runs in a child, on the loopback.
 */
#include <arpa/inet.h>
#include <flood_wire.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/flooder.h"

#define PORT	10811
#define SOCKETS 3
#define RATE	300
#define BYTES	1000
#define WAIT_MS 5000

static pid_t start_flooder(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(flooder_main(PORT));
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int open_socket(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof(to)), ==, 0);
	return fd;
}

static gboolean readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0 && (p.revents & POLLIN);
}

/* Bytes of the next datagram; it must come. */
static gssize receive(int fd)
{
	char bytes[FLOOD_DATAGRAM_BYTES + 1];

	g_assert_true(readable(fd, WAIT_MS));
	return recv(fd, bytes, sizeof(bytes), 0);
}

static struct flood_request request(enum flood_kind kind)
{
	return (struct flood_request){ FLOOD_MAGIC, kind, 7, RATE, BYTES };
}

/* It may not listen yet, which is told by an error: again. */
static void do_register(int fd)
{
	struct flood_request r = request(FLOOD_REGISTER);
	gint64 until_us = g_get_monotonic_time() + WAIT_MS * 1000;

	while (send(fd, &r, sizeof(r), 0) != sizeof(r) || !readable(fd, 10)) {
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		g_usleep(1000);
	}
	g_assert_cmpint(receive(fd), ==, sizeof(r));
}

static void drain(const int *fds, guint count)
{
	for (guint i = 0; i < count; i++)
		while (readable(fds[i], 20))
			receive(fds[i]);
}

static void test_flood(void)
{
	pid_t pid = start_flooder();
	struct flood_request begin = request(FLOOD_BEGIN);
	int fds[SOCKETS];
	gint64 begun_us, took_us;

	for (guint i = 0; i < SOCKETS; i++) {
		fds[i] = open_socket();
		do_register(fds[i]);
	}
	drain(fds, SOCKETS);		      /* answers to what was said twice */
	g_assert_false(readable(fds[0], 50)); /* not before it is told to */
	begun_us = g_get_monotonic_time();
	g_assert_cmpint(send(fds[1], &begin, sizeof(begin), 0), ==, sizeof(begin));
	for (guint n = 0; n < RATE; n++)
		g_assert_cmpint(receive(fds[n % SOCKETS]), ==, BYTES);
	took_us = g_get_monotonic_time() - begun_us;
	/* Never faster; slower only as the host is. */
	g_assert_cmpint(took_us, >, 900000);
	for (guint i = 0; i < SOCKETS; i++)
		close(fds[i]);
	end(pid);
}

static void test_nonsense(void)
{
	pid_t pid = start_flooder();
	struct flood_request bad[] = {
		request(FLOOD_BEGIN), /* of nobody */
		{ 1, FLOOD_REGISTER, 7, RATE, BYTES },
		{ FLOOD_MAGIC, 9, 7, RATE, BYTES },
		{ FLOOD_MAGIC, FLOOD_REGISTER, ~0u, RATE, BYTES },
		{ FLOOD_MAGIC, FLOOD_REGISTER, 7, 0, BYTES },
		{ FLOOD_MAGIC, FLOOD_REGISTER, 7, FLOOD_RATE_MAX + 1, BYTES },
		{ FLOOD_MAGIC, FLOOD_REGISTER, 7, RATE, 0 },
		{ FLOOD_MAGIC, FLOOD_REGISTER, 7, RATE, FLOOD_DATAGRAM_BYTES + 1 },
	};
	char longer[sizeof(bad[0]) + 1] = { 0 };
	int good = open_socket(), evil = open_socket();

	do_register(good); /* it listens */
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (i == 0)
			bad[i].flow = 8;
		g_assert_cmpint(send(evil, &bad[i], sizeof(bad[i]), 0), >, 0);
	}
	send(evil, longer, 1, 0);
	send(evil, longer, sizeof(longer), 0);
	do_register(good); /* still there, and it has seen all of that */
	g_assert_false(readable(evil, 0));
	close(good);
	close(evil);
	end(pid);
}

static void test_full(void)
{
	pid_t pid = start_flooder();
	struct flood_request r = request(FLOOD_REGISTER);
	int fds[FLOOD_SOCKETS_MAX + 1];

	for (guint i = 0; i < FLOOD_SOCKETS_MAX; i++) {
		fds[i] = open_socket();
		do_register(fds[i]);
	}
	fds[FLOOD_SOCKETS_MAX] = open_socket();
	send(fds[FLOOD_SOCKETS_MAX], &r, sizeof(r), 0);
	g_assert_false(readable(fds[FLOOD_SOCKETS_MAX], 100));
	for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	end(pid);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flooder/flood", test_flood);
	g_test_add_func("/flooder/nonsense", test_nonsense);
	g_test_add_func("/flooder/full", test_full);
	return g_test_run();
}
