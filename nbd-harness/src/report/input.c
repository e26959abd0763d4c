// SPDX-License-Identifier: GPL-2.0-only
#include "report/input.h"

#include "run/conclude.h"
#include "run/record.h"

static JsonNode *value_of(JsonObject *o, const char *name)
{
	JsonNode *node = o ? json_object_get_member(o, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *member_text(JsonObject *o, const char *name)
{
	JsonNode *node = value_of(o, name);

	return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
								       : "";
}

const char *report_transport(const struct report_input *in)
{
	const char *transport = member_text(in->run, "transport");

	return *transport ? transport : "nbd";
}

/* json_node_get_int() and its like turn numbers and booleans into each other. */
gint64 member_int(JsonObject *o, const char *name)
{
	JsonNode *node = value_of(o, name);

	return node ? json_node_get_int(node) : 0;
}

double member_double(JsonObject *o, const char *name)
{
	JsonNode *node = value_of(o, name);

	return node ? json_node_get_double(node) : 0;
}

gboolean member_bool(JsonObject *o, const char *name)
{
	JsonNode *node = value_of(o, name);

	return node && json_node_get_boolean(node);
}

JsonArray *member_array(JsonObject *o, const char *name)
{
	JsonNode *node = o ? json_object_get_member(o, name) : NULL;

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *member_object(JsonObject *o, const char *name)
{
	JsonNode *node = o ? json_object_get_member(o, name) : NULL;

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void keep_sample(const struct sample *s, gpointer data)
{
	g_array_append_vals(((struct report_input *)data)->samples, s, 1);
}

static void keep_event(JsonObject *o, gpointer data)
{
	struct report_input *in = data;
	struct report_event e = {
		.host_us = member_int(o, "host_us"),
		.kind = g_strdup(member_text(o, "event")),
		.name = g_strdup(member_text(o, "name")),
		.detail = g_strdup(member_text(o, "detail")),
	};

	g_array_append_val(in->events, e);
}

static void keep_snapshot(const struct snapshot *s, gpointer data)
{
	g_array_append_val(((struct report_input *)data)->snapshot_times, s->host_us);
}

static void clear_event(gpointer data)
{
	struct report_event *e = data;

	g_free(e->kind);
	g_free(e->name);
	g_free(e->detail);
}

static void judge_again(struct report_input *in)
{
	const struct record_tap tap = { keep_sample, keep_event, keep_snapshot, in };
	struct judge_config config = { 0 };
	g_autoptr(GError) error = NULL;

	/* A record without limits is of another version; its graph is worth showing all the same.
	 */
	judge_config_from_json(in->run, &config);
	in->judge = record_replay_tapped(in->dir, &config, &tap, &error);
	if (in->judge)
		in->ruling = judge_conclude(in->judge);
	else
		in->trouble = g_strdup(error->message);
}

struct report_input *report_input_open(const char *dir, GError **error)
{
	struct report_input *in = g_new0(struct report_input, 1);

	in->dir = g_canonicalize_filename(dir, NULL);
	in->samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
	in->events = g_array_new(FALSE, FALSE, sizeof(struct report_event));
	in->snapshot_times = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_set_clear_func(in->events, clear_event);
	in->run = conclude_load(dir, "run.json", error);
	in->verdict = in->run ? conclude_load(dir, "verdict.json", error) : NULL;
	if (!in->verdict) {
		report_input_free(in);
		return NULL;
	}
	in->console = report_file(in, "console.log");
	judge_again(in);
	return in;
}

void report_input_free(struct report_input *in)
{
	judge_free(in->judge);
	g_clear_pointer(&in->run, json_object_unref);
	g_clear_pointer(&in->verdict, json_object_unref);
	g_array_unref(in->samples);
	g_array_unref(in->events);
	g_array_unref(in->snapshot_times);
	g_free(in->console);
	g_free(in->trouble);
	g_free(in->dir);
	g_free(in);
}

const struct snapshot *report_snapshot(const struct report_input *in)
{
	return in->ruling ? in->ruling->snapshot : NULL;
}

const struct waitgraph *report_graph(const struct report_input *in)
{
	return in->ruling ? in->ruling->graph : NULL;
}

const struct sample *report_last_sample(const struct report_input *in)
{
	return in->samples->len ? &g_array_index(in->samples, struct sample, in->samples->len - 1)
				: NULL;
}

char *report_file(const struct report_input *in, const char *name)
{
	g_autofree char *path = g_build_filename(in->dir, name, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}
