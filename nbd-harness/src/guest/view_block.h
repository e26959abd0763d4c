/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's block devices, all of them: tags, and the requests in flight. */
#ifndef NETSWAP_GUEST_VIEW_BLOCK_H
#define NETSWAP_GUEST_VIEW_BLOCK_H

#include "guest/guest.h"
#include "guest/view_nbd.h"
#include "judge/facts.h"

/*
 * Append tags and requests (guest stopped at @host_us).  Of what is in
 * @snapshot already, name the tags that tasks wait for, the mempools that lie
 * in a disk, and the requests that carry folios.  Where a tag set has several
 * hardware queues, each is called "DISK queue N".
 */
gboolean view_block_snapshot(const struct guest *g, const struct view_nbd *nbd, gint64 host_us,
			     struct snapshot *snapshot);

/* How many bits of the struct sbitmap_queue at @sbq are taken; FALSE: it cannot be read. */
gboolean view_block_count(const struct guest *g, guint64 sbq, guint32 *depth, guint32 *taken);

/* Call @see for each of them, by its number, up to @max. */
typedef void (*view_block_taken_fn)(const struct guest *g, guint tag, gpointer data);
gboolean view_block_each_taken(const struct guest *g, guint64 sbq, guint max,
			       view_block_taken_fn see, gpointer data);

#endif
