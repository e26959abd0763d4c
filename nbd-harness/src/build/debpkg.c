// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow: cache entry of the names and the Debian release -- absent -->
 * apt-get --simulate (which packages are missing) -> apt-get download ->
 * dpkg-deb -x each into root/.
 */
#include "build/debpkg.h"

#include <string.h>

#include "base/error.h"
#include "base/progress.h"
#include "build/cache.h"
#include "build/tool.h"

#define OS_RELEASE "/etc/os-release"

/* A line of a simulated installation is: Inst NAME (VERSION ...) */
static void collect_name(const char *line, gpointer data)
{
	GHashTable *names = data;
	g_auto(GStrv) words = g_strsplit(line, " ", 3);

	if (g_strv_length(words) == 3 && !strcmp(words[0], "Inst"))
		g_hash_table_add(names, g_strdup(words[1]));
}

/* The names of all packages to fetch, as a set; caller frees. */
static GHashTable *missing_packages(const char *const *packages, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	static const char *const options[] = { "apt-get", "install", "--simulate",
					       "-qq",	  "-y",	     "--no-install-recommends" };

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		g_ptr_array_add(argv, (gpointer)options[i]);
	for (const char *const *p = packages; *p; p++) {
		g_ptr_array_add(argv, (gpointer)*p);
		g_hash_table_add(names, g_strdup(*p)); /* also when it is installed here */
	}
	g_ptr_array_add(argv, NULL);
	if (!tool_run((const char *const *)argv->pdata, NULL, NULL, collect_name, names, error)) {
		g_prefix_error(error,
			       "the host's package lists do not lead to %s "
			       "(run apt-get update): ",
			       packages[0]);
		return NULL;
	}
	return g_steal_pointer(&names);
}

static gboolean download(GHashTable *names, const char *folder, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	g_ptr_array_add(argv, (gpointer) "apt-get");
	g_ptr_array_add(argv, (gpointer) "download");
	g_ptr_array_add(argv, (gpointer) "-qq");
	/* The sandbox user _apt could not write to a private cache folder. */
	g_ptr_array_add(argv, (gpointer) "-o");
	g_ptr_array_add(argv, (gpointer) "APT::Sandbox::User=root");
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(argv, name);
	g_ptr_array_add(argv, NULL);
	return tool_run((const char *const *)argv->pdata, folder, NULL, NULL, NULL, error);
}

/* Unpack every .deb of @folder into @root, noting each in @list. */
static gboolean unpack_all(const char *folder, const char *root, GString *list, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *name;

	if (!dir)
		return FALSE;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *deb = g_build_filename(folder, name, NULL);
		const char *const argv[] = { "dpkg-deb", "-x", deb, root, NULL };

		if (!g_str_has_suffix(name, ".deb"))
			continue;
		if (!tool_run(argv, NULL, NULL, NULL, NULL, error))
			return FALSE;
		g_string_append_printf(list, "%s\n", name);
	}
	return TRUE;
}

static gboolean fetch(const char *const *packages, const char *work, GError **error)
{
	g_autofree char *debs = g_build_filename(work, "debs", NULL);
	g_autofree char *root = g_build_filename(work, "root", NULL);
	g_autofree char *list_path = g_build_filename(work, "packages.txt", NULL);
	g_autoptr(GString) list = g_string_new(NULL);
	g_autoptr(GHashTable) names = missing_packages(packages, error);

	if (!names)
		return FALSE;
	g_mkdir_with_parents(debs, 0755);
	g_mkdir_with_parents(root, 0755);
	return download(names, debs, error) && unpack_all(debs, root, list, error) &&
	       g_file_set_contents(list_path, list->str, (gssize)list->len, error) &&
	       cache_remove_tree(debs, error);
}

char *debpkg_obtain(const char *const *packages, GError **error)
{
	g_autofree char *what = g_strjoinv(" ", (char **)packages);
	g_autofree char *title = g_strconcat("packages ", what, NULL);
	g_autofree char *key = NULL;
	struct cache_key *k = cache_key_new();
	SCOPED(cache_entry) entry = NULL;
	struct progress *progress;
	gboolean ok;

	cache_key_text(k, "packages", what);
	if (g_file_test(OS_RELEASE, G_FILE_TEST_EXISTS) &&
	    !cache_key_file(k, "release", OS_RELEASE, error)) {
		g_free(cache_key_end(k));
		return NULL;
	}
	key = cache_key_end(k);
	entry = cache_begin("packages", key, title, error);
	if (!entry)
		return NULL;
	if (entry->work) {
		progress = progress_begin(title);
		progress_update(progress, -1, "downloading");
		ok = fetch(packages, entry->work, error);
		progress_end(progress, ok ? "fetched and unpacked" : "failed");
		if (!ok || !cache_commit(entry, error))
			return NULL;
	}
	return g_build_filename(entry->path, "root", NULL);
}
