// SPDX-License-Identifier: GPL-2.0-only
/*
 * Before minutes go into copying and compiling: scripts/kernel-check, with the
 * sources of other versions in the cache as --other.
 */
#include "build/kernel_check.h"

#include <string.h>

#include "base/paths.h"
#include "base/text.h"
#include "build/cache.h"
#include "build/tool.h"

#define SOURCE_PREFIX "linux-source-"

static void add(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, g_strdup(value));
}

static void add_all(GPtrArray *argv, const char *option, GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++)
		add(argv, option, values->pdata[i]);
}

/* <cache>/sources/linux-source-6.1_6.1.192-2 -> "6.1=" and that folder. */
static GPtrArray *other_sources(const char *tree)
{
	GPtrArray *others = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *sources = g_build_filename(netswap_cache_dir(), "sources", NULL);
	g_autoptr(GDir) dir = g_dir_open(sources, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(sources, name, NULL);
		const char *version = name + strlen(SOURCE_PREFIX);

		if (!g_str_has_prefix(name, SOURCE_PREFIX) || !strchr(version, '_') ||
		    g_str_has_suffix(name, CACHE_WORK_SUFFIX) || !strcmp(path, tree))
			continue;
		g_ptr_array_add(others, g_strdup_printf("%.*s=%s", (int)strcspn(version, "_"),
							version, path));
	}
	g_ptr_array_sort(others, text_compare);
	return others;
}

gboolean kernel_check(const struct kernel_inputs *in, GError **error)
{
	g_autofree char *script =
		g_build_filename(netswap_data_dir(), "scripts", "kernel-check", NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) others = other_sources(in->tree);

	g_ptr_array_add(argv, g_strdup(script));
	add(argv, "--tree", in->tree);
	add_all(argv, "--patch", in->patches);
	add_all(argv, "--config", in->fragments);
	add_all(argv, "--other", others);
	g_ptr_array_add(argv, NULL);
	return tool_run((const char *const *)argv->pdata, NULL, NULL, NULL, NULL, error);
}
