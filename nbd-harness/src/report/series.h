/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples -> what a chart draws.  A run may last an hour at ten samples a
 * second; a chart is a thousand pixels wide.  Thinning keeps the extremes of
 * each interval, since one moment without free memory is the story.
 */
#ifndef NETSWAP_REPORT_SERIES_H
#define NETSWAP_REPORT_SERIES_H

#include "judge/facts.h"

struct point {
	double t_s; /* host time since the run began */
	double value;
	gboolean gap; /* nothing is known of the time since the point before */
};

enum series_id {
	SERIES_FREE, /* pages */
	SERIES_MIN,  /* watermarks, pages */
	SERIES_LOW,
	SERIES_HIGH,
	SERIES_OUT, /* MiB/s */
	SERIES_IN,
	SERIES_AGE,	  /* of the oldest request, s */
	SERIES_BLOCKED,	  /* tasks in state D */
	SERIES_STALLS,	  /* entries into direct reclaim, per s */
	SERIES_THROTTLED, /* waits in throttle_direct_reclaim, per s */
	SERIES_COUNT,
};

/* The field's short name ("free"), its unit ("pages"), and which extreme of an interval is the
 * bad one. */
struct series_kind {
	const char *name, *unit;
	gboolean low_is_bad;
};
extern const struct series_kind series_kinds[SERIES_COUNT];

/* Of the samples (struct sample): an array of struct point, without those that are unknown.
 * Caller unrefs. */
GArray *series_of(const GArray *samples, enum series_id id);

/* At most two points of each of @intervals equal intervals of time: the lowest and the highest,
 * in the order of time.  Caller unrefs. */
GArray *series_thin(const GArray *points, guint intervals);

/* How many intervals suit a run of @end_s: each long enough to hold a point of every series. */
guint series_intervals(double end_s);

/* The worst of each interval of [0, @end_s), NAN where nothing is known.  Caller frees. */
double *series_worst(const GArray *points, enum series_id id, double end_s, guint intervals);

#endif
