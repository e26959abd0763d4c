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
static void test_knobs_of(gconstpointer version)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) knobs = knobs_read(version, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(knobs->len, >=, 15);
	for (guint i = 0; i < knobs->len; i++) {
		const struct knob *knob = g_ptr_array_index(knobs, i);
		g_autofree char *slug = g_strdelimit(g_strdup(knob->name), "_", '-');
		g_autofree char *base = g_strdup_printf("/%s/ablate/%04u-%s.patch",
							(const char *)version, i + 2, slug);

		g_assert_true(g_str_has_suffix(knob->patch, base));
		g_assert_cmpstr(knob->help, !=, "");
		g_assert_cmpint(knob->at_boot, ==,
				!strcmp(knob->name, "sock") || !strcmp(knob->name, "nbd_wq"));
	}
}

static void test_no_knobs(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) none = knobs_read("1.0", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(none->len, ==, 0);
}

/* The knobs are those of the version that the scenario names. */
static void test_unknown_knob(gconstpointer version)
{
	g_autofree char *text =
		g_strdup_printf("[kernel]\nversion=%s\nseries=ablate\nablate=skb_drpo\n"
				"[pressure main]\nworkload=anon\ntotal=64M\n",
				(const char *)version);
	g_autofree char *said =
		g_strdup_printf("t.scn:4: kernel.ablate=skb_drpo: kernel-patches/%s "
				"has no such knob; did you mean skb_drop? "
				"(netswap list knobs)",
				(const char *)version);
	g_autoptr(GError) error = NULL;
	SCOPED(scenario) s = scenario_parse(text, strlen(text), "t.scn", NULL, &error);

	g_assert_null(s);
	g_assert_cmpstr(error->message, ==, said);
}

int main(int argc, char **argv)
{
	static const char *const versions[] = { "5.10", "6.1", "6.12", "7.3" };
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
	for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
		g_autofree char *known = g_strconcat("/shipped/knobs/", versions[i], NULL);
		g_autofree char *unknown = g_strconcat("/shipped/unknown-knob/", versions[i], NULL);

		g_test_add_data_func(known, versions[i], test_knobs_of);
		g_test_add_data_func(unknown, versions[i], test_unknown_knob);
	}
	g_test_add_func("/shipped/no-knobs", test_no_knobs);
	return g_test_run();
}
