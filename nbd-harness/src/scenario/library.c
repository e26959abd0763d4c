// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where scenarios and the other shipped data lie, and finding one by name.
 * The installed tree has the layout of the source tree, so one rule serves.
 */
#include "scenario/library.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "scenario/document.h"
#include "scenario/scenario.h"

#define FOLDER	  "nbd-harness/scenarios"
#define DEPTH_MAX 4u

static char *scenarios_folder(void)
{
	return g_build_filename(netswap_data_dir(), FOLDER, NULL);
}

char *library_short_name(const char *file)
{
	g_autofree char *folder = scenarios_folder();
	g_autofree char *absolute = g_canonicalize_filename(file, NULL);
	gsize length = strlen(folder);

	if (strncmp(absolute, folder, length) || absolute[length] != '/')
		return g_strdup(file);
	return g_strdup(absolute + length + 1);
}

static void entry_free(gpointer data)
{
	struct scenario_entry *entry = data;

	g_free(entry->name);
	g_free(entry->about);
	g_free(entry->file);
	g_free(entry);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct scenario_entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Add the scenario files below @folder to @list; @prefix is "" or "nbd/". */
static gboolean collect(GPtrArray *list, const char *folder, const char *prefix, guint depth,
			GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *base;

	if (!dir) {
		g_prefix_error(error, "cannot list the scenarios: ");
		return FALSE;
	}
	while ((base = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, base, NULL);
		g_autofree char *name = g_strconcat(prefix, base, NULL);
		struct scenario_entry *entry;

		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			g_autofree char *deeper = g_strconcat(name, "/", NULL);

			if (depth < DEPTH_MAX && !collect(list, path, deeper, depth + 1, error))
				return FALSE;
			continue;
		}
		if (!g_str_has_suffix(base, SCENARIO_SUFFIX))
			continue;
		name[strlen(name) - strlen(SCENARIO_SUFFIX)] = '\0';
		entry = g_new0(struct scenario_entry, 1);
		entry->name = g_steal_pointer(&name);
		entry->file = g_steal_pointer(&path);
		g_ptr_array_add(list, entry);
	}
	return TRUE;
}

static gboolean read_text(const char *file, char **text, gsize *bytes, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (g_file_get_contents(file, text, bytes, &cause))
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "cannot read scenario: %s",
		    cause->message);
	return FALSE;
}

static GPtrArray *list_names(GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(entry_free);
	g_autofree char *folder = scenarios_folder();

	if (!collect(list, folder, "", 0, error))
		return NULL;
	g_ptr_array_sort(list, by_name);
	return g_steal_pointer(&list);
}

GPtrArray *scenario_list(GError **error)
{
	g_autoptr(GPtrArray) list = list_names(error);

	for (guint i = 0; list && i < list->len; i++) {
		struct scenario_entry *entry = g_ptr_array_index(list, i);
		g_autofree char *text = NULL;
		gsize bytes;

		if (!read_text(entry->file, &text, &bytes, error))
			return NULL;
		entry->about = document_about(text);
	}
	return g_steal_pointer(&list);
}

/* The file that @name_or_file means, or NULL. */
static char *find_file(const char *name_or_file, GError **error)
{
	g_autofree char *folder = scenarios_folder();
	g_autofree char *base = g_strconcat(name_or_file, SCENARIO_SUFFIX, NULL);
	g_autofree char *shipped = g_build_filename(folder, base, NULL);
	struct nearest near = { .word = name_or_file };
	g_autoptr(GPtrArray) list = NULL;
	g_autofree char *hint = NULL;

	if (g_file_test(shipped, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&shipped);
	if (g_file_test(name_or_file, G_FILE_TEST_IS_REGULAR))
		return g_strdup(name_or_file);
	list = list_names(NULL);
	for (guint i = 0; list && i < list->len; i++) {
		const struct scenario_entry *entry = g_ptr_array_index(list, i);

		nearest_offer(&near, entry->name);
	}
	hint = nearest_hint(&near);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
		    "no scenario or file %s%s (netswap list scenarios shows all)", name_or_file,
		    hint);
	return NULL;
}

struct scenario *scenario_load(const char *name_or_file, char **sets, GError **error)
{
	g_autofree char *file = find_file(name_or_file, error);
	g_autofree char *text = NULL;
	gsize bytes;

	if (!file || !read_text(file, &text, &bytes, error))
		return NULL;
	return scenario_parse(text, bytes, file, sets, error);
}
