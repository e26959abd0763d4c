/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flood's process in the guest (flood.c) and the flooder at the other
 * end of the link (machine/flooder.c of the harness) say to each other, in
 * datagrams and in x86's byte order:
 *
 *	guest -> flooder  FLOOD_REGISTER from each of its sockets, answered by
 *			  the same words
 *			  FLOOD_BEGIN from any of them, answered by the flood
 *	flooder -> guest  the flood: datagrams of zeros, to its sockets in turn
 *
 * A flow is what one process asked for.  Both sides are built from this file;
 * the flooder takes no count of a guest on trust.
 */
#ifndef NETSWAP_FLOOD_WIRE_H
#define NETSWAP_FLOOD_WIRE_H

#include <stdint.h>

#define FLOOD_MAGIC 0x646f6f6cu
#define FLOOD_PORT  10810
/* Each is a descriptor of QEMU, too. */
#define FLOOD_SOCKETS_MAX 800u
#define FLOOD_RATE_MAX	  100000u
/* An Ethernet frame's 1500 bytes without the headers of IPv4 and UDP. */
#define FLOOD_DATAGRAM_BYTES 1472u

enum flood_kind {
	FLOOD_REGISTER = 1,
	FLOOD_BEGIN,
};

struct flood_request {
	uint32_t magic;
	uint32_t kind;		 /* enum flood_kind */
	uint32_t flow;		 /* its process's slot on the board */
	uint32_t rate;		 /* datagrams a second, 1..FLOOD_RATE_MAX */
	uint32_t datagram_bytes; /* 1..FLOOD_DATAGRAM_BYTES */
};

#endif
