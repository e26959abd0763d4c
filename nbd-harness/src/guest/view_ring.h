/* SPDX-License-Identifier: GPL-2.0-only */
/* A receive ring, where we know the driver: buffers posted, and packets that found no memory. */
#ifndef NETSWAP_GUEST_VIEW_RING_H
#define NETSWAP_GUEST_VIEW_RING_H

#include "guest/guest.h"
#include "judge/facts.h"

/*
 * Fill rx_posted and rx_dropped of the NAPI context at @napi, of the struct
 * net_device at @device, whose facts->poll is known; -1 where they can't be read.
 */
void view_ring_see(const struct guest *g, guint64 device, guint64 napi, struct napi_facts *facts);

#endif
