/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest's memory management says: zones, watermarks, vm events, swap space. */
#ifndef NETSWAP_GUEST_VIEW_MM_H
#define NETSWAP_GUEST_VIEW_MM_H

#include "guest/guest.h"
#include "judge/facts.h"

struct view_mm;

struct view_mm *view_mm_new(const struct guest *g, GError **error);
void view_mm_free(struct view_mm *v);
/* Fill the memory fields of @s. */
void view_mm_sample(const struct view_mm *v, struct sample *s);
/* Append a struct zone_facts per populated zone. */
gboolean view_mm_zones(const struct view_mm *v, GArray *zones);

#endif
