// SPDX-License-Identifier: GPL-2.0-only
/*
 * neigh: the link's only neighbour is forgotten, again and again.
 *
 * After each time nothing can be sent until ARP has found it anew: a request,
 * made with GFP_ATOMIC, and a reply, which belongs to no socket.  So all that
 * the machine swaps depends on both getting memory while there is none.
 *
 * SIOCDARP removes an entry just as RTM_DELNEIGH does (both end in
 * neigh_update(NUD_FAILED) and neigh_remove_one()); it needs no more than the
 * address.  The process is locked in memory: it must go on when swap does not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

/* An entry that is not there, or a second call while it is looked for, is no failure. */
static int forget(int fd, struct in_addr address)
{
	struct arpreq request = { 0 };
	struct sockaddr_in *to = (struct sockaddr_in *)&request.arp_pa;

	to->sin_family = AF_INET;
	to->sin_addr = address;
	return ioctl(fd, (int)SIOCDARP, &request) && errno != ENXIO && errno != ENOENT;
}

int run_neigh(struct workload *w)
{
	const struct timespec pause = { .tv_sec = (time_t)(w->interval_ms / 1000),
					.tv_nsec = (long)(w->interval_ms % 1000) * 1000000 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct in_addr peer;

	if (fd < 0)
		return workload_failed(w, "cannot open a socket");
	if (!w->peer || !inet_aton(w->peer, &peer))
		return workload_failed(w, "it needs peer=");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return workload_failed(w, "cannot lock itself in memory");
	workload_wait_for_start(w);
	for (;;) {
		if (forget(fd, peer))
			return workload_failed(w, "cannot make the kernel forget %s", w->peer);
		w->progress->rounds++;
		nanosleep(&pause, NULL);
	}
}
