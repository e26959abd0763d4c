/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has the requests and the mempool elements that others wait for. */
#ifndef NETSWAP_GUEST_VIEW_HELD_H
#define NETSWAP_GUEST_VIEW_HELD_H

#include "guest/guest.h"
#include "judge/facts.h"

/*
 * Append a struct holder_facts for each task that has some of what tasks of
 * @snapshot wait for (guest stopped; tasks, tags and mempools were read).
 * Where it cannot be told who has one, there is none: the counts then do not
 * add up to what is taken.
 */
gboolean view_held_snapshot(const struct guest *g, struct snapshot *snapshot);

#endif
