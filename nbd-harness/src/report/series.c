// SPDX-License-Identifier: GPL-2.0-only
#include "report/series.h"

#include "base/units.h"

#include <math.h>

#define INTERVALS_MAX 400
#define RATE_WINDOW_S 0.5 /* shorter ones show ten steps of one burst */
#define US_PER_S      1e6

const struct series_kind series_kinds[SERIES_COUNT] = {
	[SERIES_FREE] = { "free", "pages", TRUE },
	[SERIES_MIN] = { "min", "pages", FALSE },
	[SERIES_LOW] = { "low", "pages", FALSE },
	[SERIES_HIGH] = { "high", "pages", FALSE },
	[SERIES_OUT] = { "swap out", "MiB/s", FALSE },
	[SERIES_IN] = { "swap in", "MiB/s", FALSE },
	[SERIES_AGE] = { "oldest request", "s", FALSE },
	[SERIES_BLOCKED] = { "blocked", "tasks", FALSE },
	[SERIES_STALLS] = { "direct reclaims", "per s", FALSE },
	[SERIES_THROTTLED] = { "throttled", "per s", FALSE },
};

/* Where it is in a sample; a counter is shown as its rate. */
static const struct {
	gsize offset;
	gboolean counter;
	double scale;
} sources[SERIES_COUNT] = {
#define SOURCE(field, counter, scale)                                                              \
	{                                                                                          \
		G_STRUCT_OFFSET(struct sample, field), counter, scale                              \
	}
	[SERIES_FREE] = SOURCE(free_pages, FALSE, 1),
	[SERIES_MIN] = SOURCE(min_pages, FALSE, 1),
	[SERIES_LOW] = SOURCE(low_pages, FALSE, 1),
	[SERIES_HIGH] = SOURCE(high_pages, FALSE, 1),
	[SERIES_OUT] = SOURCE(swap_out_pages, TRUE, 1.0 / PAGES_PER_MIB),
	[SERIES_IN] = SOURCE(swap_in_pages, TRUE, 1.0 / PAGES_PER_MIB),
	[SERIES_AGE] = SOURCE(nbd_oldest_ms, FALSE, 1e-3),
	[SERIES_BLOCKED] = SOURCE(tasks_blocked, FALSE, 1),
	[SERIES_STALLS] = SOURCE(alloc_stalls, TRUE, 1),
	[SERIES_THROTTLED] = SOURCE(throttled, TRUE, 1),
#undef SOURCE
};

static void add_point(GArray *points, double t_s, double value, gboolean gap)
{
	struct point p = { t_s, value, gap };

	g_array_append_val(points, p);
}

GArray *series_of(const GArray *samples, enum series_id id)
{
	GArray *points = g_array_new(FALSE, FALSE, sizeof(struct point));
	double base = 0, base_s = 0;
	gboolean gap = TRUE, based = FALSE;

	for (guint i = 0; i < samples->len; i++) {
		const struct sample *s = &g_array_index(samples, struct sample, i);
		gint64 raw = G_STRUCT_MEMBER(gint64, s, sources[id].offset);
		double t_s = s->host_us / US_PER_S, value = raw * sources[id].scale;

		if (raw == SAMPLE_UNKNOWN) {
			gap = TRUE;
			based = FALSE;
		} else if (!sources[id].counter) {
			add_point(points, t_s, value, gap);
			gap = FALSE;
		} else if (!based) {
			base = value;
			base_s = t_s;
			based = TRUE;
		} else if (t_s - base_s >= RATE_WINDOW_S) {
			add_point(points, t_s, MAX(0, (value - base) / (t_s - base_s)), gap);
			base = value;
			base_s = t_s;
			gap = FALSE;
		}
	}
	return points;
}

static const struct point *point_at(const GArray *points, guint i)
{
	return &g_array_index(points, struct point, i);
}

/* The lowest and the highest of points @from to @to (not included), as they came. */
static void add_extremes(GArray *thin, const GArray *points, guint from, guint to)
{
	guint lowest = from, highest = from;
	gboolean gap = FALSE;

	for (guint i = from; i < to; i++) {
		if (point_at(points, i)->value < point_at(points, lowest)->value)
			lowest = i;
		if (point_at(points, i)->value > point_at(points, highest)->value)
			highest = i;
		gap |= point_at(points, i)->gap;
	}

	const struct point *first = point_at(points, MIN(lowest, highest));
	const struct point *second = point_at(points, MAX(lowest, highest));

	add_point(thin, first->t_s, first->value, gap);
	if (first != second)
		add_point(thin, second->t_s, second->value, FALSE);
}

/* Which of @intervals of @step_s time @t_s is in; the end belongs to the last. */
static guint interval_of(double t_s, double step_s, guint intervals)
{
	return step_s > 0 ? MIN((guint)(t_s / step_s), intervals - 1) : 0;
}

GArray *series_thin(const GArray *points, guint intervals)
{
	GArray *thin = g_array_new(FALSE, FALSE, sizeof(struct point));
	guint from = 0;

	if (!points->len)
		return thin;

	double begin_s = point_at(points, 0)->t_s;
	double step_s = (point_at(points, points->len - 1)->t_s - begin_s) / intervals;

	for (guint i = 0; i < points->len; i++) {
		/* The interval of point i ends where the next point is in a later one. */
		gboolean last =
			i + 1 == points->len ||
			interval_of(point_at(points, i + 1)->t_s - begin_s, step_s, intervals) >
				interval_of(point_at(points, i)->t_s - begin_s, step_s, intervals);

		if (!last)
			continue;
		add_extremes(thin, points, from, i + 1);
		from = i + 1;
	}
	return thin;
}

guint series_intervals(double end_s)
{
	return CLAMP(end_s / (1.5 * RATE_WINDOW_S), 1, INTERVALS_MAX);
}

double *series_worst(const GArray *points, enum series_id id, double end_s, guint intervals)
{
	double *worst = g_new(double, intervals);

	for (guint i = 0; i < intervals; i++)
		worst[i] = NAN;
	for (guint i = 0; i < points->len && end_s > 0; i++) {
		const struct point *p = point_at(points, i);
		guint at = CLAMP(p->t_s / end_s * intervals, 0, intervals - 1);

		if (isnan(worst[at]) ||
		    (series_kinds[id].low_is_bad ? p->value < worst[at] : p->value > worst[at]))
			worst[at] = p->value;
	}
	return worst;
}
