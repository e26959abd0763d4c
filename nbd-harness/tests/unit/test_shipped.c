// SPDX-License-Identifier: GPL-2.0-only
/* Every scenario of the source tree loads, says what it is about, and is licensed. */
#include <glib.h>
#include <string.h>

#include "scenario/knobs.h"
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

/* Each patch of the ablate series but the first, the plumbing, adds one knob to the kernel's table.
 */
static void test_knobs(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) none = knobs_read("1.0", &error);
	g_autoptr(GPtrArray) knobs = knobs_read("6.12", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(knobs->len, >=, 15);
	for (guint i = 0; i < knobs->len; i++) {
		const struct knob *knob = g_ptr_array_index(knobs, i);
		g_autofree char *slug = g_strdelimit(g_strdup(knob->name), "_", '-');
		g_autofree char *base = g_strdup_printf("/%04u-%s.patch", i + 2, slug);

		g_assert_true(g_str_has_suffix(knob->patch, base));
		g_assert_cmpstr(knob->help, !=, "");
		g_assert_cmpint(knob->at_boot, ==,
				!strcmp(knob->name, "sock") || !strcmp(knob->name, "nbd_wq"));
	}
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
	g_test_add_func("/shipped/knobs", test_knobs);
	return g_test_run();
}
