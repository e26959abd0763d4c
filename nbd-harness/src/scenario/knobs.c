// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/knobs.h"

#include <string.h>

#include "base/error.h"
#include "base/paths.h"

/* As a patch adds it, on two lines: [NETSWAP_TASK] = { "task", ANY_TIME, "help" }, */
#define ROW "\\{ \"([a-z0-9_]+)\", (ANY_TIME|BOOT),\\n\\+\\s*\"([^\"]+)\" \\}"

static void knob_free(gpointer data)
{
	struct knob *knob = data;

	g_free(knob->name);
	g_free(knob->help);
	g_free(knob->patch);
	g_free(knob);
}

static void add_rows(GPtrArray *knobs, const char *file, const char *text)
{
	g_autoptr(GRegex) row = g_regex_new(ROW, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(row, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		struct knob *knob = g_new0(struct knob, 1);
		g_autofree char *when = g_match_info_fetch(match, 2);

		knob->name = g_match_info_fetch(match, 1);
		knob->help = g_match_info_fetch(match, 3);
		knob->at_boot = !strcmp(when, "BOOT");
		knob->patch = g_strdup(file);
		g_ptr_array_add(knobs, knob);
	}
}

static char *read_file(const char *file, GError **error)
{
	g_autoptr(GError) cause = NULL;
	char *text = NULL;

	if (!g_file_get_contents(file, &text, NULL, &cause))
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot read the series of knobs: %s", cause->message);
	return text;
}

GPtrArray *knobs_read(const char *version, GError **error)
{
	g_autoptr(GPtrArray) knobs = g_ptr_array_new_with_free_func(knob_free);
	g_autofree char *folder =
		g_build_filename(netswap_data_dir(), "kernel-patches", version, KNOBS_SERIES, NULL);
	g_autofree char *series = g_build_filename(folder, "series", NULL);
	g_autofree char *list = NULL;
	g_auto(GStrv) names = NULL;

	if (!g_file_test(series, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&knobs);
	list = read_file(series, error);
	if (!list)
		return NULL;
	names = g_strsplit(list, "\n", -1);
	for (char **name = names; *name; name++) {
		g_autofree char *file = g_build_filename(folder, g_strstrip(*name), NULL);
		g_autofree char *text = NULL;

		if (!**name || **name == '#')
			continue;
		text = read_file(file, error);
		if (!text)
			return NULL;
		add_rows(knobs, file, text);
	}
	return g_steal_pointer(&knobs);
}
