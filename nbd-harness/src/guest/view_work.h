/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's workqueues: worker pools, and every work item that runs or waits to run. */
#ifndef NETSWAP_GUEST_VIEW_WORK_H
#define NETSWAP_GUEST_VIEW_WORK_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Append pools and works (guest stopped); works on one list in its order. */
gboolean view_work_snapshot(const struct guest *g, struct snapshot *snapshot);

#endif
