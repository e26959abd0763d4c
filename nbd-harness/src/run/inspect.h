/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One look at a guest: a snapshot and its wait graph, from a stored run, from
 * a core, or from the guest of a run under way.
 */
#ifndef NETSWAP_RUN_INSPECT_H
#define NETSWAP_RUN_INSPECT_H

#include "guest/guest.h"
#include "judge/judge.h"

struct inspection {
	char *source;	  /* "run DIR, snapshot 2 of 2", "core FILE", "the running guest of DIR" */
	char *kernel;	  /* its banner, or how the run calls it */
	GPtrArray *notes; /* of char *: what limits what is shown, one sentence each */
	char *signature;  /* of the knot; "" without one */
	const struct snapshot *snapshot;
	const struct waitgraph *graph;
	const struct ruling *ruling; /* of a stored run, else NULL */

	/* whom all that belongs to */
	struct judge *judge;
	struct snapshot *own_snapshot;
	struct waitgraph *own_graph;
};

/*
 * Snapshot @number (from 1; 0: the last) of the run in @dir.  Errors:
 * NETSWAP_ERROR_USAGE when there is none.
 */
struct inspection *inspect_run(const char *dir, guint number, GError **error);
/* The core @path of the kernel @vmlinux (guest/core.h). */
struct inspection *inspect_core(const char *path, const char *vmlinux, GError **error);
/* The guest of a run under way: its directory, or the pid of its harness (run/live.h). */
struct inspection *inspect_live(const char *where, GError **error);
void inspection_free(struct inspection *i);
DEFINE_SCOPED(inspection, inspection_free)

#endif
