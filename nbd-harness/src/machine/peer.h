/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The peer: a second VM, in which the swap server runs (link.kind=pair).
 *
 *	guest -- NIC --- wire (datagram socketpair, a frame each) --- NIC -- peer
 *	                 pod's loopback, swap.port --- user network --- NIC --/  \-- /dev/vda:
 *	                                                                             the swap image
 *
 * What crosses the wire is between two kernels of Linux: TCP ends in the VMs,
 * and what disturbs the link is done by the peer.  The second NIC is for the
 * harness's second client alone.
 */
#ifndef NETSWAP_MACHINE_PEER_H
#define NETSWAP_MACHINE_PEER_H

#include <glib.h>

#include "machine/pod.h"
#include "machine/qemu.h"
#include "scenario/scenario.h"

/* Its device on the wire, and the one that what comes in from there takes a turn through:
 * netem shapes what goes out of a device. */
#define PEER_WIRE    "eth0"
#define PEER_INGRESS "ifb0"

struct peer_config {
	const char *kernel_image;
	const char *initrd;
	const char *cmdline;
	const char *script; /* for its PID 1; ends with "ready" */
	/* Lines that end what it serves with, and begin it anew; NULL-terminated, not copied. */
	const char *const *stop, *const *start;
	int console_fd;
};

struct peer {
	struct qemu *qemu;
	const char *const *stop, *const *start;
	int wire_fd; /* the guest's end; the peer's own is QEMU's alone */
};

/*
 * Start it in @pod, the image @disk_fd as its disk, and return when it is ready,
 * or fail within @deadline_ms.  Errors: NETSWAP_ERROR_INFRA.
 */
struct peer *peer_start(struct pod *pod, const struct peer_config *config, const char *accel,
			int disk_fd, guint16 port, int log_fd, guint deadline_ms, GError **error);
/* Let its PID 1 carry out one script line; returns when it has, within PEER_REQUEST_MS. */
#define PEER_REQUEST_MS 10000
gboolean peer_do(struct peer *p, struct pod *pod, const char *line, GError **error);
/* What the link does from now on to what the guest sends (@out) and receives (@in). */
gboolean peer_shape(struct peer *p, struct pod *pod, const struct scenario_shape *out,
		    const struct scenario_shape *in, GError **error);
/* End every TCP connection to @port of it, with a reset to either end. */
gboolean peer_reset_connections(struct peer *p, struct pod *pod, guint16 port, GError **error);
/* Let it forget what is in its page cache and on its disk, too. */
gboolean peer_drop_caches(struct peer *p, struct pod *pod, GError **error);
/* Begin to serve (@on) or end it; the VM runs on. */
gboolean peer_serve(struct peer *p, struct pod *pod, gboolean on, GError **error);
/* Reset it; returns at once.  It boots, carries out its script anew, and then is serving. */
gboolean peer_reboot(struct peer *p, GError **error);
gboolean peer_is_serving(const struct peer *p);
void peer_free(struct peer *p); /* does not end its QEMU: the pod does; NULL is fine */

#endif
