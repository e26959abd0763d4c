/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's network: counters, and NAPI contexts and whether one is disabled. */
#ifndef NETSWAP_GUEST_VIEW_NET_H
#define NETSWAP_GUEST_VIEW_NET_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Fill the network fields of @s. */
void view_net_sample(const struct guest *g, struct sample *s);

/* Append a struct napi_facts for each NAPI of each device (guest stopped). */
gboolean view_net_snapshot(const struct guest *g, GArray *napis);

#endif
