/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's XArrays, and what is built on them: IDRs and radix trees. */
#ifndef NETSWAP_GUEST_XARRAY_H
#define NETSWAP_GUEST_XARRAY_H

#include "guest/guest.h"

/*
 * Call @entry for each pointer in the XArray whose xa_head is at @head, in the
 * order of their indices; values and the kernel's own marks are passed over.
 * Returns their number, or -1 when the tree is broken, has more than @max
 * pointers, or @entry returned FALSE.
 */
typedef gboolean (*xarray_fn)(const struct guest *g, guint64 index, guint64 entry, gpointer data);
int xarray_walk(const struct guest *g, guint64 head, guint max, xarray_fn entry, gpointer data);

#endif
