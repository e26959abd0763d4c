// SPDX-License-Identifier: GPL-2.0-only
/* JSON as we write it: numbers as people do, everything else as json-glib reads and writes it. */
#include "base/json.h"

static void test_seconds(void)
{
	static const struct {
		gint64 us;
		const char *text;
	} cases[] = {
		{ 0, "{\"s\":0.0}" },		{ 37700000, "{\"s\":37.7}" },
		{ 12278400, "{\"s\":12.278}" }, { 12278600, "{\"s\":12.279}" },
		{ 1000, "{\"s\":0.001}" },	{ 86400000000, "{\"s\":86400.0}" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonBuilder) b = json_builder_new();

		json_builder_begin_object(b);
		json_add_seconds(b, "s", cases[i].us);
		json_builder_end_object(b);

		g_autofree char *text = json_built(b, FALSE);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

static void test_doubles(void)
{
	static const double values[] = { 0.1, 1.0 / 3, 1e300, -2.5e-9, 1e17, G_MAXDOUBLE };

	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autoptr(JsonNode) node = json_node_new(JSON_NODE_VALUE);

		json_node_set_double(node, values[i]);

		g_autofree char *text = json_text(node, FALSE);
		g_autoptr(JsonNode) back = json_from_string(text, NULL);

		g_assert_true(back && json_node_get_value_type(back) == G_TYPE_DOUBLE);
		g_assert_true(json_node_get_double(back) == values[i]);
	}
}

static void test_infinite_is_null(void)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_VALUE);

	json_node_set_double(node, 1.0 / 0.0);

	g_autofree char *text = json_text(node, FALSE);

	g_assert_cmpstr(text, ==, "null");
}

/* Without fractions both writers agree to the byte; indented, they say the same. */
static void test_as_json_glib(void)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"[[],{},\"\",0,-1,9223372036854775807,true,false,null]",
		"{\"a\":{\"b\":[{\"c\":1},2]},\"d\":\"x\"}",
		"{\"quote\\\"d\":\"back\\\\slash \\b\\t\\n\\f\\r \\u0001 \\u001b / \u00e9\"}",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(JsonNode) node = json_from_string(texts[i], NULL);
		g_autofree char *ours = json_text(node, FALSE);
		g_autofree char *theirs = json_to_string(node, FALSE);
		g_autofree char *pretty = json_text(node, TRUE);
		g_autoptr(JsonNode) back = json_from_string(pretty, NULL);

		g_assert_cmpstr(ours, ==, theirs);
		g_assert_true(json_node_equal(back, node));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/seconds", test_seconds);
	g_test_add_func("/json/doubles", test_doubles);
	g_test_add_func("/json/infinite-is-null", test_infinite_is_null);
	g_test_add_func("/json/as-json-glib", test_as_json_glib);
	return g_test_run();
}
