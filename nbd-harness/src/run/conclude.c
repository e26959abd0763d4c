// SPDX-License-Identifier: GPL-2.0-only
#include "run/conclude.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "run/graph_json.h"

/* Fields of struct judge_config, all gint64, as run.json's "limits" has them. */
static const struct {
	const char *name;
	gsize offset;
} limits[] = {
#define LIMIT(field)                                                                               \
	{                                                                                          \
#field, G_STRUCT_OFFSET(struct judge_config, field)                                \
	}
	LIMIT(floor_out_pages),
	LIMIT(floor_in_pages),
	LIMIT(boot_deadline_us),
	LIMIT(press_deadline_us),
#undef LIMIT
};

void judge_config_to_json(const struct judge_config *c, JsonBuilder *b)
{
	json_open_object(b, "limits");
	for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
		json_add_int(b, limits[i].name, G_STRUCT_MEMBER(gint64, c, limits[i].offset));
	json_builder_end_object(b);
}

gboolean judge_config_from_json(JsonObject *run, struct judge_config *c)
{
	JsonNode *node = json_object_get_member(run, "limits");

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
		G_STRUCT_MEMBER(gint64, c, limits[i].offset) =
			json_object_get_int_member_with_default(json_node_get_object(node),
								limits[i].name, 0);
	return TRUE;
}

JsonObject *conclude_load(const char *dir, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s has no %s: it is not the directory of a run", dir, name);
		return NULL;
	}
	if (!json_parser_load_from_file(parser, path, error)) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}

	JsonNode *root = json_parser_get_root(parser);

	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s holds no JSON object",
			    path);
		return NULL;
	}
	return json_object_ref(json_node_get_object(root));
}

void traffic_to_json(const struct traffic *t, JsonBuilder *b)
{
	json_add_seconds(b, "pressed_s", t->pressed_us);
	json_add_int(b, "swapped_out_pages", t->out_pages);
	json_add_int(b, "swapped_in_pages", t->in_pages);
	json_add_seconds(b, "worst_stall_s", t->stall_us);
	if (t->recovered_us >= 0)
		json_add_seconds(b, "recovered_after_s", t->recovered_us);
}

static void held_to_json(const struct ruling *r, JsonBuilder *b)
{
	json_open_array(b, "held");
	for (int v = 0; v < VERDICTS; v++) {
		if (!r->held[v])
			continue;
		json_builder_begin_object(b);
		json_add_string(b, "verdict", verdict_name(v));
		json_add_string(b, "reason", r->reason[v]);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

gboolean conclude_write(const char *dir, JsonObject *run, const struct ruling *r, GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	const char *expected = json_object_get_string_member_with_default(run, "expected", "PASS");
	struct record record = { .dir = (char *)dir };

	json_builder_begin_object(b);
	json_add_string(b, "scenario",
			json_object_get_string_member_with_default(run, "scenario", ""));
	json_add_string(b, "verdict", verdict_name(r->verdict));
	json_add_string(b, "meaning", verdict_meaning(r->verdict));
	json_add_string(b, "reason", r->reason[r->verdict]);
	json_add_string(b, "expected", expected);
	json_add_bool(b, "as_expected", !strcmp(expected, verdict_name(r->verdict)));
	json_add_string(b, "signature", r->signature);
	known_to_json(r->signature, b);
	json_add_int(b, "seed", json_object_get_int_member_with_default(run, "seed", 0));
	json_add_seconds(b, "last_progress_s", r->last_progress_host_us);
	json_add_seconds(b, "detected_after_s", r->decided_fair_us - r->last_progress_fair_us);
	json_add_seconds(b, "duration_s", r->decided_host_us);
	json_add_seconds(b, "fair_s", r->decided_fair_us);
	traffic_to_json(&r->traffic, b);
	held_to_json(r, b);
	graph_to_json("knot", r->verdict == VERDICT_DEADLOCK ? r->graph : NULL, TRUE, b);
	blocked_to_json(r->snapshot, r->graph, b);
	json_builder_end_object(b);
	return record_json(&record, "verdict.json", b, error);
}

gboolean conclude_replay(const char *dir, gboolean keep, GError **error)
{
	g_autofree char *verdict = g_build_filename(dir, "verdict.json", NULL);
	g_autoptr(JsonObject) run = conclude_load(dir, "run.json", error);
	gboolean cut_short = !g_file_test(verdict, G_FILE_TEST_EXISTS);
	struct judge_config config;

	if (!run)
		return FALSE;
	if (keep && !cut_short)
		return TRUE;
	if (!judge_config_from_json(run, &config)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s/run.json has no \"limits\": not a run of this version", dir);
		return FALSE;
	}

	struct judge *j = record_replay(dir, &config, error);

	if (!j)
		return FALSE;
	if (cut_short && judge_conclude(j)->verdict == VERDICT_INCONCLUSIVE)
		judge_evidence(j, VERDICT_INFRA,
			       "the record ends without a verdict: the harness was killed");

	gboolean ok = conclude_write(dir, run, judge_conclude(j), error);

	judge_free(j);
	return ok;
}
