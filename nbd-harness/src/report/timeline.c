// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timeline.  Positions along time are percentages and texts are in the
 * page's own pixels, so that it is as readable on a phone as on a desk; only
 * the curves are stretched, in an <svg> of their own per panel:
 *
 *	numbered marks      (1)      (2)(3)     in lanes, where they would touch
 *	panel title         Swap traffic, MiB/s  - out - in
 *	panel curves        <svg viewBox="0 0 1000 HEIGHT" preserveAspectRatio="none">
 *	...
 *	axis                0 s        10 s        20 s
 */
#include "report/timeline.h"

#include <math.h>

#include "report/markup.h"
#include "report/series.h"

#define WIDTH	     1000.0 /* of a panel's curves, in their own units */
#define INTERVALS    400    /* two points each: no screen shows more */
#define MARK_PX	     18
#define LANES	     4
#define LANE_PERCENT 6.0 /* marks closer than that take another lane: a phone is 350 px wide */
#define TITLE_PX     22
#define GAP_PX	     10
#define AXIS_PX	     22
#define TICKS	     6
#define HIGHS_SHOWN  2.5 /* free memory is shown up to so many times the high watermark */

struct line {
	enum series_id id;
	const char *css;
};

static const struct panel {
	const char *title;
	guint height_px;
	gboolean memory; /* watermarks, and their scale */
	struct line lines[2];
	guint n_lines;
} panels[] = {
	{ "Free memory, pages", 110, TRUE, { { SERIES_FREE, "c1" } }, 1 },
	{ "Swap traffic, MiB/s", 72, FALSE, { { SERIES_OUT, "c1" }, { SERIES_IN, "c2" } }, 2 },
	{ "Oldest swap request, s", 60, FALSE, { { SERIES_AGE, "c3" } }, 1 },
	{ "Tasks blocked (state D)", 60, FALSE, { { SERIES_BLOCKED, "c1" } }, 1 },
	{ "Stalls, per s", 60, FALSE, { { SERIES_STALLS, "c1" }, { SERIES_THROTTLED, "c2" } }, 2 },
};

struct chart {
	GString *html;
	double end_s;
	GArray *series[SERIES_COUNT];
};

/* The next of 0.1, 0.15, 0.2, 0.3, 0.5, 1, 1.5, ... that is not below @value. */
static double round_up(double value)
{
	static const double steps[] = { 1, 1.5, 2, 3, 5 };

	for (double power = 0.1;; power *= 10) {
		for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
			if (steps[i] * power >= value * 0.999 || power > 1e15)
				return steps[i] * power;
		}
	}
}

static double highest(const GArray *points)
{
	double value = 0;

	for (guint i = 0; i < points->len; i++)
		value = MAX(value, g_array_index(points, struct point, i).value);
	return value;
}

static double last_of(const GArray *points)
{
	return points->len ? g_array_index(points, struct point, points->len - 1).value : 0;
}

/* Percent of the axis; "%.2f" is finer than any screen. */
static double at_percent(const struct chart *c, double t_s)
{
	return CLAMP(100 * t_s / c->end_s, 0, 100);
}

static const struct point *point_at(const GArray *points, guint i)
{
	return &g_array_index(points, struct point, i);
}

/* In the middle of a level stretch: nothing is lost without it. */
static gboolean is_level(const GArray *points, guint i)
{
	return i > 0 && i + 1 < points->len && !point_at(points, i)->gap &&
	       !point_at(points, i + 1)->gap &&
	       point_at(points, i - 1)->value == point_at(points, i)->value &&
	       point_at(points, i)->value == point_at(points, i + 1)->value;
}

static void add_curve(struct chart *c, enum series_id id, const char *css, double top,
		      guint height_px)
{
	g_autoptr(GArray) points = series_thin(c->series[id], INTERVALS);

	if (!points->len)
		return;
	markup_add(c->html, "<path class=\"line %s\" d=\"", css);
	for (guint i = 0; i < points->len; i++) {
		const struct point *p = point_at(points, i);
		/* Off the scale is drawn off the scale, where the panel cuts it. */
		double y = height_px - CLAMP(p->value / top, 0, 2) * height_px;

		if (!is_level(points, i))
			markup_add(c->html, "%s%.1f %.1f", p->gap ? "M" : "L",
				   WIDTH * p->t_s / c->end_s, y);
	}
	markup_raw(c->html, "\"/>");
}

static void add_grid(struct chart *c, double top, guint y_px, guint height_px)
{
	for (guint half = 1; half <= 2; half++) {
		double y = y_px + height_px * (1 - half / 2.0);

		markup_add(c->html,
			   "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>"
			   "<text class=\"tick\" x=\"2\" y=\"%.1f\">%g</text>",
			   y, y, y + 11, top * half / 2);
	}
	markup_add(c->html, "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>",
		   y_px + height_px, y_px + height_px);
}

/* The three watermarks, named at the right end; they are level in all but odd runs. */
static void add_watermarks(struct chart *c, double top, guint y_px, guint height_px)
{
	static const struct line marks[] = { { SERIES_MIN, "min" },
					     { SERIES_LOW, "low" },
					     { SERIES_HIGH, "high" } };
	double min_y = y_px + height_px * (1 - CLAMP(last_of(c->series[SERIES_MIN]) / top, 0, 1));

	markup_add(c->html,
		   "<rect class=\"reserve\" x=\"0\" width=\"100%%\" y=\"%.1f\" height=\"%.1f\"/>",
		   min_y, y_px + height_px - min_y);
	for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
		double value = last_of(c->series[marks[i].id]);
		double y = y_px + height_px * (1 - CLAMP(value / top, 0, 1));

		markup_add(c->html,
			   "<line class=\"watermark\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" "
			   "y2=\"%.1f\"/>",
			   y, y);
		/* Between the two there is no room for the third's name. */
		if (marks[i].id != SERIES_LOW)
			markup_add(c->html,
				   "<text class=\"tick end\" x=\"100%%\" dx=\"-2\" "
				   "y=\"%.1f\">%s %.0f</text>",
				   marks[i].id == SERIES_MIN ? y + 11 : y - 4, marks[i].css, value);
	}
}

static void add_title(struct chart *c, const struct panel *panel, double top, guint y_px)
{
	markup_add(c->html, "<text class=\"title\" x=\"0\" y=\"%u\">%s", y_px + TITLE_PX - 7,
		   panel->title);
	for (guint i = 0; panel->n_lines > 1 && i < panel->n_lines; i++)
		markup_add(c->html, "<tspan class=\"key %s\" dx=\"10\">\342\226\240</tspan> %s",
			   panel->lines[i].css, series_kinds[panel->lines[i].id].name);
	if (panel->memory && highest(c->series[SERIES_FREE]) > top)
		markup_add(c->html, "<tspan class=\"note\" dx=\"10\">cut at %.0f</tspan>", top);
	markup_raw(c->html, "</text>");
}

static double top_of(const struct chart *c, const struct panel *panel)
{
	double top = 0, high = last_of(c->series[SERIES_HIGH]);

	for (guint i = 0; i < panel->n_lines; i++)
		top = MAX(top, highest(c->series[panel->lines[i].id]));
	if (panel->memory && high > 0)
		top = MIN(top, HIGHS_SHOWN * high);
	return round_up(MAX(top, 1));
}

/* Returns where the next one begins. */
static guint add_panel(struct chart *c, const struct panel *panel, guint y_px)
{
	double top = top_of(c, panel);
	guint plot_px = y_px + TITLE_PX;

	add_title(c, panel, top, y_px);
	if (panel->memory && c->series[SERIES_MIN]->len)
		add_watermarks(c, top, plot_px, panel->height_px);
	add_grid(c, top, plot_px, panel->height_px);
	markup_add(c->html,
		   "<svg x=\"0\" y=\"%u\" width=\"100%%\" height=\"%u\" viewBox=\"0 0 %.0f %u\" "
		   "preserveAspectRatio=\"none\">",
		   plot_px, panel->height_px, WIDTH, panel->height_px);
	for (guint i = 0; i < panel->n_lines; i++)
		add_curve(c, panel->lines[i].id, panel->lines[i].css, top, panel->height_px);
	markup_raw(c->html, "</svg>\n");
	return plot_px + panel->height_px + GAP_PX;
}

static const char *const mark_css[] = {
	[MARK_PHASE] = "phase",	      [MARK_FAULT] = "fault",	    [MARK_SIGN] = "sign",
	[MARK_SNAPSHOT] = "snapshot", [MARK_PROGRESS] = "progress", [MARK_VERDICT] = "verdict",
};

/* A mark takes the first lane that has room; in a crowd they share the last. */
static guint lane_of(double percent, double *taken)
{
	guint lane = 0;

	while (lane + 1 < LANES && percent - taken[lane] < LANE_PERCENT)
		lane++;
	taken[lane] = percent;
	return lane;
}

static void add_marks(struct chart *c, const GArray *marks, guint height_px)
{
	double taken[LANES] = { -100, -100, -100, -100 };

	for (guint i = 0; i < marks->len; i++) {
		const struct mark *m = &g_array_index(marks, struct mark, i);
		double x = at_percent(c, m->t_s);
		guint y = lane_of(x, taken) * MARK_PX + MARK_PX / 2;

		markup_add(c->html, "<g class=\"mark %s\"><title>%u. %s, %.1f s</title>",
			   mark_css[m->kind], i + 1, m->label, m->t_s);
		if (m->kind == MARK_FAULT)
			markup_add(c->html,
				   "<rect x=\"%.2f%%\" width=\"%.2f%%\" y=\"%u\" height=\"%u\"/>",
				   x, at_percent(c, m->until_s) - x, y, height_px - y - AXIS_PX);
		markup_add(c->html,
			   "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%u\" y2=\"%u\"/>"
			   "<circle cx=\"%.2f%%\" cy=\"%u\" r=\"8\"/>"
			   "<text x=\"%.2f%%\" y=\"%u\" dy=\"4\">%u</text></g>\n",
			   x, x, y, height_px - AXIS_PX, x, y, x, y, i + 1);
	}
}

static void add_axis(struct chart *c, guint y_px)
{
	double step_s = round_up(c->end_s / TICKS);
	gboolean minutes = c->end_s > 300;

	for (double t_s = 0; t_s <= c->end_s; t_s += step_s) {
		double percent = at_percent(c, t_s);
		const char *css = percent > 95 ? " end" : percent > 0 ? " middle" : "";

		markup_add(c->html,
			   "<line class=\"base\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%u\" y2=\"%u\"/>"
			   "<text class=\"tick%s\" x=\"%.2f%%\" y=\"%u\">%g %s</text>",
			   percent, percent, y_px - GAP_PX, y_px - GAP_PX + 4, css, percent,
			   y_px - GAP_PX + 16, minutes ? t_s / 60 : t_s, minutes ? "min" : "s");
	}
}

static guint lanes_used(const struct chart *c, const GArray *marks)
{
	double taken[LANES] = { -100, -100, -100, -100 };
	guint used = 0;

	for (guint i = 0; i < marks->len; i++)
		used = MAX(used,
			   1 + lane_of(at_percent(c, g_array_index(marks, struct mark, i).t_s),
				       taken));
	return used;
}

/* What the pointer reads: the worst of each interval, or null. */
static void add_values(const struct chart *c)
{
	guint intervals = series_intervals(c->end_s);

	markup_add(c->html, "<script type=\"application/json\" id=\"values\">{\"end\":%.3f",
		   c->end_s);
	for (guint id = 0; id < SERIES_COUNT; id++) {
		g_autofree double *worst = series_worst(c->series[id], id, c->end_s, intervals);

		markup_add(c->html, ",\n\"%s|%s\":[", series_kinds[id].name, series_kinds[id].unit);
		for (guint i = 0; i < intervals; i++) {
			if (isnan(worst[i]))
				markup_add(c->html, "%snull", i ? "," : "");
			else
				markup_add(c->html, "%s%.4g", i ? "," : "", worst[i]);
		}
		markup_raw(c->html, "]");
	}
	markup_raw(c->html, "}</script>\n");
}

void timeline_add(GString *html, const struct report_input *in, const GArray *marks)
{
	struct chart c = { html, MAX(marks_end_s(in), 0.1), { NULL } };
	guint top_px = lanes_used(&c, marks) * MARK_PX + GAP_PX;
	guint height_px = top_px + AXIS_PX, y_px = top_px;

	for (guint i = 0; i < G_N_ELEMENTS(panels); i++)
		height_px += TITLE_PX + panels[i].height_px + GAP_PX;
	height_px -= GAP_PX;
	for (guint id = 0; id < SERIES_COUNT; id++)
		c.series[id] = series_of(in->samples, id);

	markup_add(
		html,
		"<figure id=\"timeline\" tabindex=\"0\" aria-label=\"Timeline; arrow keys read "
		"values\">\n"
		"<svg class=\"chart\" width=\"100%%\" height=\"%u\" role=\"img\" "
		"aria-label=\"Free memory, swap traffic, oldest request, blocked tasks and direct "
		"reclaim over %.0f seconds\">\n",
		height_px, c.end_s);
	add_marks(&c, marks, height_px);
	for (guint i = 0; i < G_N_ELEMENTS(panels); i++)
		y_px = add_panel(&c, &panels[i], y_px);
	add_axis(&c, y_px);
	markup_add(html,
		   "<line id=\"cursor\" class=\"cursor\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"%u\"/>\n"
		   "</svg>\n<div id=\"reading\" role=\"status\" hidden=\"hidden\"></div>\n",
		   height_px - AXIS_PX);
	markup_raw(html, "</figure>\n");
	add_values(&c);
	for (guint id = 0; id < SERIES_COUNT; id++)
		g_array_unref(c.series[id]);
}
