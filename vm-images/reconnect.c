// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb reconnect: attach /dev/nbd0 as nbd-client would, and stay, to attach
 * it anew whenever the connection ends.
 *
 *   connect -> hello -> CONNECT -> sleep until the socket is hung up
 *     -> connect -> hello -> RECONFIGURE until the kernel has taken the socket -> ...
 *
 * Meanwhile the kernel keeps new requests back (dead_conn_timeout); those that
 * were in flight it sends again once they time out, so a timeout is needed.
 *
 * The process must not need what it brings back: it is locked in memory, exempt
 * from the OOM killer and allocates nothing.  What the kernel allocates for its
 * system calls, a socket above all, would still wait for swap in reclaim:
 * PR_SET_IO_FLUSHER, made for the user-space side of storage, makes that
 * GFP_NOIO.
 *
 * That does not let it below the watermarks, and its socket not have what came in
 * into reserve memory; nothing that a process can ask for does.  When memory is
 * that short the connection does not come back: it waits in socket(2) for a page,
 * or in connect(2) for an answer that is dropped, and all others wait for swap.
 * kernel-patches' io-flusher gives both rights to who is an IO flusher.
 *
 * It has a slot as a companion has, so that its CPU time is no progress; rounds
 * counts the connections after the first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "nbd_client.h"

#ifndef PR_SET_IO_FLUSHER /* since 5.6 */
#define PR_SET_IO_FLUSHER 57
#endif

#define RETRY_MS 50

struct link {
	struct sockaddr_in server;
	const char *export_name;
	uint64_t timeout_s;
	struct nbd_netlink nl;
};

static void nap(void)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	nanosleep(&pause, NULL);
}

static int dial(const struct link *l, struct nbd_export *export)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;

	if (fd < 0)
		return -1;
	if (!connect(fd, (const struct sockaddr *)&l->server, sizeof(l->server)) &&
	    !nbd_hello(fd, l->export_name, export))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void await_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	while (poll(&p, 1, -1) <= 0)
		;
}

/*
 * The kernel does not say whether it took the socket: it says 0, too, when it
 * has not noticed yet that the old one is dead.  But it gives the one it takes
 * the device's timeout.
 */
static int is_taken(int fd)
{
	struct timeval timeout = { 0 };
	socklen_t bytes = sizeof(timeout);

	return !getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &bytes) &&
	       (timeout.tv_sec || timeout.tv_usec);
}

/* A new connection in the place of the dead one; its descriptor. */
static int redial(struct link *l)
{
	struct nbd_export export;
	int fd;

	while ((fd = dial(l, &export)) < 0)
		nap();
	while (nbd_netlink_reconnect(&l->nl, fd) || !is_taken(fd))
		nap();
	return fd;
}

static int attach(struct link *l)
{
	struct nbd_export export;
	int fd = dial(l, &export);

	if (fd < 0) {
		fprintf(stderr, "init: cannot reach the NBD server: %s\n", strerror(errno));
		return -1;
	}
	if (nbd_netlink_open(&l->nl) || nbd_netlink_connect(&l->nl, fd, &export, l->timeout_s)) {
		fprintf(stderr, "init: cannot attach /dev/nbd0: %s\n", strerror(errno));
		return -1;
	}
	return fd;
}

static void __attribute__((noreturn)) stay(struct link *l, struct board_slot *slot)
{
	int fd;

	prctl(PR_SET_NAME, "reconnect"); /* the judge knows it by that */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) || prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
		fprintf(stderr, "init: reconnecting may wait for swap: %s\n", strerror(errno));
	fd = attach(l);
	while (fd >= 0) {
		int old = fd;

		await_end(fd);
		fd = redial(l);
		close(old);
		slot->rounds++;
	}
	_exit(1);
}

int verb_reconnect(char *args)
{
	const char *address = next_word(&args);
	struct link l = {
		.server = { .sin_family = AF_INET,
			    .sin_port = htons((uint16_t)atoi(next_word(&args))) },
		.export_name = next_word(&args),
		.timeout_s = strtoull(next_word(&args), NULL, 10),
	};
	struct board_slot *slot;
	pid_t pid;

	errno = 0;
	if (!inet_aton(address, &l.server.sin_addr) || !*l.export_name || !l.timeout_s)
		return fail("reconnect needs ADDRESS PORT EXPORT TIMEOUT_S");
	pid = pressure_fork("reconnect", 1, &slot);
	if (pid < 0)
		return -1;
	if (!pid)
		stay(&l, slot);
	return 0;
}
