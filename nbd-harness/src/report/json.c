// SPDX-License-Identifier: GPL-2.0-only
#include "report/json.h"

#include <math.h>

#include "base/json.h"
#include "report/marks.h"
#include "report/series.h"
#include "report/settings.h"
#include "report/story.h"
#include "run/facts_json.h"
#include "run/graph_json.h"

#define FORMAT 1 /* counts up when a member changes its meaning or goes away */

static void add_number(JsonBuilder *b, const char *name, double value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_double_value(b, value);
}

/* --- the wait graph ---------------------------------------------------- */

char *json_waitgraph(const struct waitgraph *g, const struct snapshot *s)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_int(b, "format", FORMAT);
	json_add_int(b, "knot_size", g->knot_size);
	json_add_bool(b, "peer_stuck", g->peer_stuck);
	graph_to_json("graph", g, FALSE, b);
	blocked_to_json(s, g, b);
	json_builder_end_object(b);
	return json_built(b, TRUE);
}

/* --- the report -------------------------------------------------------- */

static void add_settings(JsonBuilder *b, const struct report_input *in)
{
	g_autoptr(GArray) settings = settings_of(in);

	json_open_array(b, "settings");
	for (guint i = 0; i < settings->len; i++) {
		const struct setting *s = &g_array_index(settings, struct setting, i);

		json_builder_begin_object(b);
		json_add_string(b, "name", s->name);
		json_add_string(b, "value", s->value);
		json_add_string(b, "default", s->fallback);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_marks(JsonBuilder *b, const struct report_input *in)
{
	g_autoptr(GArray) marks = marks_of(in);

	json_open_array(b, "marks");
	for (guint i = 0; i < marks->len; i++) {
		const struct mark *m = &g_array_index(marks, struct mark, i);

		json_builder_begin_object(b);
		add_number(b, "at_s", m->t_s);
		if (m->until_s > m->t_s)
			add_number(b, "until_s", m->until_s);
		json_add_string(b, "label", m->label);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

/* Three decimals: more is noise. */
static double rounded(double value)
{
	return (gint64)(value * 1e3 + 0.5) / 1e3;
}

static void add_series(JsonBuilder *b, const struct report_input *in, enum series_id id,
		       double end_s)
{
	g_autoptr(GArray) points = series_of(in->samples, id);
	guint intervals = series_intervals(end_s);
	g_autofree double *worst = series_worst(points, id, end_s, intervals);

	json_builder_begin_object(b);
	json_add_string(b, "name", series_kinds[id].name);
	json_add_string(b, "unit", series_kinds[id].unit);
	json_open_array(b, "worst");
	for (guint i = 0; i < intervals; i++) {
		if (isnan(worst[i]))
			json_builder_add_null_value(b);
		else
			json_builder_add_double_value(b, rounded(worst[i]));
	}
	json_builder_end_array(b);
	json_builder_end_object(b);
}

static void add_timeline(JsonBuilder *b, const struct report_input *in)
{
	double end_s = marks_end_s(in);

	json_open_object(b, "timeline");
	add_number(b, "end_s", end_s);
	add_marks(b, in);
	json_open_array(b, "series");
	for (guint id = 0; id < SERIES_COUNT; id++)
		add_series(b, in, id, end_s);
	json_builder_end_array(b);
	json_builder_end_object(b);
}

static void add_snapshot(JsonBuilder *b, const struct report_input *in)
{
	const struct waitgraph *g = report_graph(in);

	if (!g)
		return;
	graph_to_json("waitgraph", g, FALSE, b);
	json_open_object(b, "snapshot");
	snapshot_to_json(report_snapshot(in), b);
	json_builder_end_object(b);
}

static void add_object(JsonBuilder *b, const char *name, JsonObject *object)
{
	JsonNode *node = json_node_init_object(json_node_alloc(), object);

	json_builder_set_member_name(b, name);
	json_builder_add_value(b, node);
}

char *json_report(const struct report_input *in, const struct fold *f)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autofree char *story = story_of(in, f);

	json_builder_begin_object(b);
	json_add_int(b, "format", FORMAT);
	json_add_string(b, "story", story);
	add_object(b, "run", in->run);
	add_object(b, "verdict", in->verdict);
	add_settings(b, in);
	add_timeline(b, in);
	add_snapshot(b, in);
	json_builder_end_object(b);
	return json_built(b, TRUE);
}
