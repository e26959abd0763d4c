/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who lives on the emergency reserve, as kernels with the patches of
 * kernel-patches' instrument count it; other kernels have nothing to read.
 */
#ifndef NETSWAP_GUEST_VIEW_RESERVE_H
#define NETSWAP_GUEST_VIEW_RESERVE_H

#include "guest/guest.h"
#include "judge/facts.h"

/* Fill the reserve_* fields of @s and lowest_free_pages. */
void view_reserve_sample(const struct guest *g, struct sample *s);
/* Append a struct reserve_facts per counter that this kernel has. */
gboolean view_reserve_snapshot(const struct guest *g, GArray *reserve);
/* Least pages that were free in a zone of index @zone; -1: not known, or never short. */
gint64 view_reserve_lowest(const struct guest *g, guint zone);

#endif
