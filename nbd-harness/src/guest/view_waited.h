/* SPDX-License-Identifier: GPL-2.0-only */
/* The folios and mempools that tasks wait for. */
#ifndef NETSWAP_GUEST_VIEW_WAITED_H
#define NETSWAP_GUEST_VIEW_WAITED_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Append one struct folio_facts or mempool_facts for each that a task of @snapshot waits for. */
gboolean view_waited_snapshot(const struct guest *g, struct snapshot *snapshot);

#endif
