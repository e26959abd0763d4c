// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include "base/json.h"
#include "run/conclude.h"

char *report_json(const char *dir, GError **error)
{
	g_autoptr(JsonObject) run = conclude_load(dir, "run.json", error);
	g_autoptr(JsonObject) verdict = run ? conclude_load(dir, "verdict.json", error) : NULL;
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonObject) both = json_object_new();

	if (!verdict)
		return NULL;
	json_object_set_object_member(both, "run", g_steal_pointer(&run));
	json_object_set_object_member(both, "verdict", g_steal_pointer(&verdict));
	json_node_set_object(root, both);
	return json_text(root, TRUE);
}

gboolean report_write(const char *dir, GError **error)
{
	struct record record = { .dir = (char *)dir };
	g_autofree char *text = report_text(dir, error);
	g_autofree char *json = text ? report_json(dir, error) : NULL;

	return json && record_file(&record, "report.txt", text, error) &&
	       record_file(&record, "report.json", json, error);
}
