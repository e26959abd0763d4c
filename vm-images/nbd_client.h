/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of an NBD client as attaching a device and attaching it anew takes:
 * nbd-client (Debian 12: 3.24) ends once the kernel has the socket, and its
 * -persist, of the ioctl interface, begins when the kernel has already failed
 * every request.
 */
#ifndef NETSWAP_NBD_CLIENT_H
#define NETSWAP_NBD_CLIENT_H

#include <stdint.h>

struct nbd_export {
	uint64_t bytes;
	uint16_t flags; /* transmission flags */
};

/* nbd_hello.c: say hello on the connected @fd and choose export @name: 0, or -1 with errno. */
int nbd_hello(int fd, const char *name, struct nbd_export *export);

/* nbd_netlink.c */
struct nbd_netlink {
	int fd;
	uint16_t family;
};
int nbd_netlink_open(struct nbd_netlink *nl);
/* Attach @fd as device 0; requests unanswered for @timeout_s are sent again. */
int nbd_netlink_connect(struct nbd_netlink *nl, int fd, const struct nbd_export *export,
			uint64_t timeout_s);
/* Give the device @fd for its dead connection, if it has one by now; see reconnect.c. */
int nbd_netlink_reconnect(struct nbd_netlink *nl, int fd);

#endif
