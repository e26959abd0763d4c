/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hot path of a knot.  A knot holds everybody who could free it and cannot:
 * when memory is in it, that is each task in reclaim.  What explains it is the
 * ring through the holders that its signature names:
 *
 *	for each holder of something in the knot (a lock, a NAPI, a work item):
 *	the shortest way from it, along what it waits for, back to who waits for it
 *
 * Where something has no holder at all, there is no ring: the path leads from
 * one who waits for it to NOBODY.
 */
#ifndef NETSWAP_REPORT_RING_H
#define NETSWAP_REPORT_RING_H

#include "judge/waitgraph.h"

/* For each edge of @g: is it on the hot path?  None is where there is no knot.  Caller frees. */
gboolean *ring_edges(const struct waitgraph *g);

/*
 * The nodes of the hot path @hot (of ring_edges()), along its edges from where it
 * begins: at a holder with work of its own to do rather than one that merely
 * feeds the network.  Array of guint; caller unrefs.
 */
GArray *ring_walk(const struct waitgraph *g, const gboolean *hot);

#endif
