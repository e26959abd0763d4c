/* SPDX-License-Identifier: GPL-2.0-only */
/* Which NBD requests are just being sent, of kernels that do not say (before 5.16). */
#ifndef NETSWAP_GUEST_VIEW_SENDER_H
#define NETSWAP_GUEST_VIEW_SENDER_H

#include "guest/guest.h"
#include "judge/facts.h"

/*
 * Mark as unsent those requests of @snapshot (guest stopped; tasks and requests
 * were read) of which that is not known yet, and which a task is sending.
 */
gboolean view_sender_snapshot(const struct guest *g, struct snapshot *snapshot);

#endif
