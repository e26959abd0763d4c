// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory of operation
 *
 * Workload flood of the guest sends a datagram from each of its sockets to the
 * address that QEMU's user network takes for the host's loopback.  QEMU gives
 * each of them a socket of its own, and passes what comes back to it on to the
 * guest for as long as any comes within four minutes.  So to us a socket of the
 * guest is a port of the loopback, and a datagram sent there arrives on the
 * guest's network card like any other packet from the peer.
 *
 * One thread; a flow sends as much as its rate says since it last looked, to its
 * ports in turn.  What it missed while the host was busy is not made up for
 * beyond BURST_MS: a burst would be the host's doing.
 *
 * Limits: QEMU queues up to 10000 packets for a guest that does not take them
 * in time, the swap server's answers among them.  So a rate beyond what the
 * guest can take delays its swap by seconds; what it can take under emulation
 * is said where the rate is set (netswap-scenario(5)).
 */
#include "machine/flooder.h"

#include <board.h>
#include <errno.h>
#include <flood_wire.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"

#define BURST_MS 20
#define TICK_MS	 1

struct flow {
	gboolean begun;
	guint32 rate, datagram_bytes;
	guint next;	 /* index into ports, where the next datagram goes */
	gint64 since_us; /* up to when all that was due was sent */
	guint ports_count;
	guint16 ports[FLOOD_SOCKETS_MAX]; /* network byte order */
};

struct flooder {
	int fd;
	guint ports_count;		 /* over all flows */
	struct flow *flows[BOARD_SLOTS]; /* NULL: not heard of */
};

static gboolean is_sound(const struct flood_request *r, gssize bytes)
{
	return bytes == sizeof(*r) && r->magic == FLOOD_MAGIC && r->flow < BOARD_SLOTS &&
	       r->rate >= 1 && r->rate <= FLOOD_RATE_MAX && r->datagram_bytes >= 1 &&
	       r->datagram_bytes <= FLOOD_DATAGRAM_BYTES;
}

/* FALSE when there is no room for it. */
static gboolean add_port(struct flooder *f, struct flow *flow, guint16 port)
{
	for (guint i = 0; i < flow->ports_count; i++)
		if (flow->ports[i] == port)
			return TRUE; /* our answer was lost */
	if (f->ports_count == FLOOD_SOCKETS_MAX)
		return FALSE;
	flow->ports[flow->ports_count++] = port;
	f->ports_count++;
	return TRUE;
}

static void answer(struct flooder *f, const struct flood_request *r, const struct sockaddr_in *from)
{
	struct flow *flow = f->flows[r->flow];

	if (r->kind == FLOOD_REGISTER) {
		if (!flow)
			flow = f->flows[r->flow] = g_new0(struct flow, 1);
		flow->rate = r->rate;
		flow->datagram_bytes = r->datagram_bytes;
		if (add_port(f, flow, from->sin_port))
			sendto(f->fd, r, sizeof(*r), MSG_DONTWAIT, (const struct sockaddr *)from,
			       sizeof(*from));
	} else if (r->kind == FLOOD_BEGIN && flow && !flow->begun) {
		flow->begun = TRUE;
		flow->since_us = g_get_monotonic_time();
	}
}

static void take_requests(struct flooder *f)
{
	struct flood_request r;
	struct sockaddr_in from;
	socklen_t from_bytes = sizeof(from);
	gssize bytes;

	while ((bytes = recvfrom(f->fd, &r, sizeof(r), MSG_DONTWAIT | MSG_TRUNC,
				 (struct sockaddr *)&from, &from_bytes)) >= 0) {
		if (is_sound(&r, bytes))
			answer(f, &r, &from);
		from_bytes = sizeof(from);
	}
}

static void send_due(struct flooder *f, struct flow *flow, gint64 now_us)
{
	static const char zeros[FLOOD_DATAGRAM_BYTES];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	gint64 due;

	flow->since_us = MAX(flow->since_us, now_us - BURST_MS * 1000);
	due = (now_us - flow->since_us) * flow->rate / G_USEC_PER_SEC;
	flow->since_us += due * G_USEC_PER_SEC / flow->rate;
	for (; due > 0; due--) {
		to.sin_port = flow->ports[flow->next];
		flow->next = (flow->next + 1) % flow->ports_count;
		sendto(f->fd, zeros, flow->datagram_bytes, MSG_DONTWAIT,
		       (const struct sockaddr *)&to, sizeof(to));
	}
}

static gboolean send_all_due(struct flooder *f)
{
	gint64 now_us = g_get_monotonic_time();
	gboolean any = FALSE;

	for (guint i = 0; i < BOARD_SLOTS; i++) {
		if (!f->flows[i] || !f->flows[i]->begun)
			continue;
		send_due(f, f->flows[i], now_us);
		any = TRUE;
	}
	return any;
}

int flooder_main(guint16 port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct flooder f = { .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	struct pollfd requests = { .fd = f.fd, .events = POLLIN };

	if (f.fd < 0 || bind(f.fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "flooder: cannot listen on port %u: %s\n", port, strerror(errno));
		return 1;
	}
	for (;;) {
		poll(&requests, 1, send_all_due(&f) ? TICK_MS : -1);
		take_requests(&f);
	}
}

struct pod_child *flooder_start(struct pod *pod, int log_fd, GError **error)
{
	/* This program again; the pod's user may not be able to find it by its own name. */
	char *const argv[] = { "/proc/self/exe", "--flooder", NULL };

	return pod_spawn(pod, "flooder", argv, log_fd, NULL, error);
}
