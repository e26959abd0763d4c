// SPDX-License-Identifier: GPL-2.0-only
/*
 * netswap kernel: build, list, fetch and locate kernels without running them.
 */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "build/kernel.h"
#include "build/kernel_package.h"
#include "cmd.h"

static struct {
	char *version, *source, *debian, *series;
	char **patches, **fragments;
	gboolean json, quiet;
} opt;

/* clang-format off */
static const GOptionEntry entries[] = {
	{ "version", 0, 0, G_OPTION_ARG_STRING, &opt.version,
	  "Debian's source of this version (default 6.12), or with --source: treat the tree as it", "V" },
	{ "source", 0, 0, G_OPTION_ARG_FILENAME, &opt.source,
	  "Your own kernel tree; it is only read", "DIR" },
	{ "debian", 0, 0, G_OPTION_ARG_STRING, &opt.debian,
	  "Debian's prebuilt kernel of this version", "V" },
	{ "series", 0, 0, G_OPTION_ARG_STRING, &opt.series,
	  "Patch series of kernel-patches/VERSION/, applied in this order", "A,B" },
	{ "patch", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.patches,
	  "One more patch, after the series (may be repeated)", "FILE" },
	{ "config", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.fragments,
	  "One more config fragment; every option in it must survive (may be repeated)", "FRAGMENT" },
	{ "json", 0, 0, G_OPTION_ARG_NONE, &opt.json, "One JSON object per kernel and line", NULL },
	{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &opt.quiet, "No progress", NULL },
	{ NULL },
};
/* clang-format on */

static const char about[] =
	"Actions:\n"
	"  build   make the kernel, unless the cache has it, and say where it is\n"
	"  path    the same, printing only the path of its bzImage\n"
	"  list    the kernels in the cache\n"
	"  fetch   look for a newer package of the version (--version, or --debian), and get it\n"
	"\n"
	"A kernel is cached by the hash of all it was made from: source, patches, config\n"
	"fragments, compiler, build script.  Prebuilt kernels and your own trees stay as they\n"
	"are; a tree is copied and built elsewhere.\n"
	"\n"
	"Examples:\n"
	"  netswap kernel build --series fix\n"
	"  netswap kernel build --source ~/linux --patch try.patch --config lockdep.config";

static void print_json(const struct kernel *k)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_string(b, "name", k->name);
	json_add_string(b, "key", k->key);
	json_add_string(b, "image", k->image);
	json_add_string(b, "vmlinux", k->vmlinux);
	json_add_string(b, "config", k->config);
	json_add_string(b, "modules", k->modules);
	json_add_bool(b, "built", k->built);
	json_add_seconds(b, "build_s", k->build_s * G_USEC_PER_SEC);
	json_builder_end_object(b);

	g_autofree char *text = json_built(b, FALSE);

	g_print("%s\n", text);
}

static void print_kernel(const struct kernel *k)
{
	if (opt.json)
		print_json(k);
	else
		g_print("%-28s %s\n", k->name, k->image);
}

/* Paths that the build gets are absolute: it runs elsewhere. */
static void make_absolute(char **paths)
{
	for (char **path = paths; path && *path; path++) {
		char *absolute = g_canonicalize_filename(*path, NULL);

		g_free(*path);
		*path = absolute;
	}
}

static struct kernel *obtain(GError **error)
{
	g_auto(GStrv) series = opt.series && *opt.series ? g_strsplit(opt.series, ",", -1) : NULL;
	struct kernel_request request = {
		.version = opt.version,
		.series = series,
		.patches = opt.patches,
		.fragments = opt.fragments,
		.source = opt.source,
		.debian = opt.debian,
	};

	make_absolute(opt.patches);
	make_absolute(opt.fragments);
	if (opt.debian && (opt.version || opt.source || series || opt.patches || opt.fragments)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "--debian is a prebuilt kernel: it takes no source, series, patch or "
			    "config");
		return NULL;
	}
	return kernel_obtain(&request, error);
}

static gboolean build(GError **error)
{
	SCOPED(kernel) k = obtain(error);

	if (k)
		print_kernel(k);
	return k != NULL;
}

static gboolean path(GError **error)
{
	SCOPED(kernel) k = obtain(error);

	if (k)
		g_print("%s\n", k->image);
	return k != NULL;
}

static gboolean list(GError **error)
{
	g_autoptr(GPtrArray) kernels = kernel_list(error);

	for (guint i = 0; kernels && i < kernels->len; i++)
		print_kernel(kernels->pdata[i]);
	return kernels != NULL;
}

static gboolean fetch(GError **error)
{
	const char *kind = opt.debian ? "image" : "source";
	const char *version = opt.debian ? opt.debian : opt.version;
	g_autofree char *package = NULL;
	g_autofree char *dir = NULL;

	if (!version)
		version = KERNEL_VERSION_DEFAULT;
	kernel_package_update(kind, version);
	package = kernel_package_version(kind, version, error);
	if (!package || !kernel_package_fetch(kind, version, package, error))
		return FALSE;
	dir = kernel_package_dir(package);
	g_print("%s %s\n", package, dir);
	return TRUE;
}

static const struct {
	const char *name;
	gboolean (*act)(GError **error);
} actions[] = {
	{ "build", build },
	{ "path", path },
	{ "list", list },
	{ "fetch", fetch },
};

int cmd_kernel(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gsize i = 0;

	if (!options_parse(&argc, &argv, entries, "build|path|list|fetch", about, &error))
		return options_fail(error);
	while (argc == 2 && i < G_N_ELEMENTS(actions) && strcmp(argv[1], actions[i].name))
		i++;
	if (argc != 2 || i == G_N_ELEMENTS(actions)) {
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "one action is needed: build, path, list or fetch (see --help)");
		return options_fail(error);
	}
	progress_set_quiet(opt.quiet);
	return actions[i].act(&error) ? NETSWAP_EXIT_AS_EXPECTED : options_fail(error);
}
