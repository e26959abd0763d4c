/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of the kernel's RPC clients: what NFS has under way. */
#ifndef NETSWAP_GUEST_VIEW_RPC_H
#define NETSWAP_GUEST_VIEW_RPC_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Fill s->rpc_in_flight. */
void view_rpc_sample(const struct guest *g, struct sample *s);

/* Append a struct request_facts for each call (guest stopped); TRUE also of a kernel that has no
 * sunrpc. */
gboolean view_rpc_snapshot(const struct guest *g, GArray *requests);

#endif
