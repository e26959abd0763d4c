// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood: UDP sockets whose reader is stopped.
 *
 *   while memory is plenty: open each socket, register it with the flooder at
 *   the other end of the link -> when the pressure starts: tell it to begin
 *   -> never read
 *
 * UDP has no flow control, so datagrams come for as long as the run lasts.
 * What the sockets take in, up to rcvbuf_bytes each (and net.ipv4.udp_mem over
 * all), is memory that reclaim cannot get back: that is the point.  None of
 * them is SOCK_MEMALLOC, so none may keep what came from the reserves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flood_wire.h"
#include "workload.h"

#define ANSWER_MS 500
#define TRIES	  20

/* This process's part of what all of them share. */
static unsigned int share(const struct workload *w, unsigned int whole)
{
	return whole / w->count + (w->index < whole % w->count);
}

static int open_socket(const struct workload *w, const struct sockaddr_in *peer)
{
	int rcvbuf = (int)(w->rcvbuf_bytes / 2); /* the kernel doubles it */
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) ||
	    connect(fd, (const struct sockaddr *)peer, sizeof(*peer))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Say it until something comes back: 0, or -1 when nothing does. */
static int ask(int fd, const struct flood_request *request)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	struct flood_request old;

	/* What was said twice is answered twice. */
	while (recv(fd, &old, sizeof(old), MSG_DONTWAIT) > 0)
		;
	for (unsigned int i = 0; i < TRIES; i++) {
		(void)!send(fd, request, sizeof(*request), 0);
		if (poll(&answer, 1, ANSWER_MS) <= 0)
			continue;
		if (answer.revents & POLLIN)
			return 0;
		poll(NULL, 0, ANSWER_MS); /* refused: nobody listens yet */
	}
	errno = ETIMEDOUT;
	return -1;
}

static int register_socket(int fd, const struct flood_request *request)
{
	struct flood_request echo;

	if (ask(fd, request))
		return -1;
	return recv(fd, &echo, sizeof(echo), 0) == sizeof(echo) ? 0 : -1;
}

int run_flood(struct workload *w)
{
	unsigned int sockets = share(w, w->sockets);
	struct rlimit files = { w->sockets + 64, w->sockets + 64 };
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(FLOOD_PORT) };
	struct flood_request request = { FLOOD_MAGIC, FLOOD_REGISTER, w->slot, share(w, w->rate),
					 w->datagram_bytes };
	int fd = -1;

	if (!w->peer || !inet_aton(w->peer, &peer.sin_addr) || !sockets || !request.rate)
		return workload_failed(w, "it needs peer=, and a socket and a datagram a second "
					  "for each process");
	if (setrlimit(RLIMIT_NOFILE, &files))
		return workload_failed(w, "cannot have %u sockets", w->sockets);
	for (unsigned int i = 0; i < sockets; i++) {
		fd = open_socket(w, &peer);
		if (fd < 0)
			return workload_failed(w, "cannot open socket %u of %u", i + 1, sockets);
		if (register_socket(fd, &request))
			return workload_failed(w, "the flooder does not answer socket %u of %u",
					       i + 1, sockets);
	}
	workload_wait_for_start(w);
	request.kind = FLOOD_BEGIN;
	if (ask(fd, &request))
		return workload_failed(w, "the flood does not begin");
	for (;;)
		pause();
}
