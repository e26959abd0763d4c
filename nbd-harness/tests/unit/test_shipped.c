// SPDX-License-Identifier: GPL-2.0-only
/* Every scenario of the source tree loads, says what it is about, and is licensed. */
#include <glib.h>
#include <string.h>

#include "scenario/scenario.h"

static void test_shipped(gconstpointer data)
{
	const struct scenario_entry *entry = data;
	g_autoptr(GError) error = NULL;
	SCOPED(scenario) s = scenario_load(entry->name, NULL, &error);
	SCOPED(scenario) again = NULL;

	g_assert_no_error(error);
	g_assert_cmpstr(s->name, ==, entry->name);
	g_assert_cmpstr(s->about, !=, "");
	g_assert_cmpstr(s->about, ==, entry->about);
	g_assert_true(g_str_has_prefix(s->text, "# SPDX-License-Identifier: GPL-2.0-only\n"));
	again = scenario_parse(s->text, strlen(s->text), "again.scn", NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(again->text, ==, s->text);
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;

	g_unsetenv("NETSWAP_DATA");
	g_test_init(&argc, &argv, NULL);
	list = scenario_list(&error);
	g_assert_no_error(error);
	for (guint i = 0; i < list->len; i++) {
		const struct scenario_entry *entry = g_ptr_array_index(list, i);
		g_autofree char *path = g_strconcat("/shipped/", entry->name, NULL);

		g_test_add_data_func(path, entry, test_shipped);
	}
	return g_test_run();
}
