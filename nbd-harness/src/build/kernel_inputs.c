// SPDX-License-Identifier: GPL-2.0-only
/*
 * Request -> files and key.
 *
 * The key covers everything that can change the result: the package's version
 * or the state of a developer's tree, every patch in order, every fragment in
 * order, the compiler and the tools that shape vmlinux, and the build script.
 *
 * A developer's tree is asked for its state through git if it is a git work
 * tree (so that going back to a commit finds the kernel built then), otherwise
 * by the names, sizes and times of its files.
 */
#include "build/kernel_inputs.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/paths.h"
#include "build/cache.h"
#include "build/kernel_package.h"
#include "build/tool.h"

#define FTW_OPEN_FILES 32

/* What shapes vmlinux besides the tree; the first line of each one's --version counts. */
static const char *const build_tools[] = { "gcc", "ld", "pahole" };

static char *config_dir(void)
{
	return g_build_filename(netswap_data_dir(), "vm-images", "config", NULL);
}

static char *series_dir(const char *version, const char *series)
{
	return g_build_filename(netswap_data_dir(), "kernel-patches", version, series, NULL);
}

/* Offer what @dir holds: folders with the file @member in them, or versions named by files
 * <version>@suffix. */
static void collect_names(const char *dir, const char *member, const char *suffix,
			  struct nearest *near, GString *known)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, member, NULL);
		g_autofree char *shown = g_strdup(name);

		if (suffix && !(g_ascii_isdigit(*name) && g_str_has_suffix(name, suffix)))
			continue;
		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			continue;
		if (suffix)
			shown[strlen(name) - strlen(suffix)] = '\0';
		g_string_append_printf(known, " %s", shown);
		nearest_offer(near, shown);
	}
}

static void fail_unknown(const char *what, const char *name, const char *dir, const char *member,
			 const char *suffix, GError **error)
{
	struct nearest near = { .word = name };
	g_autoptr(GString) known = g_string_new(NULL);
	g_autofree char *hint = NULL;

	collect_names(dir, member, suffix, &near, known);
	hint = nearest_hint(&near);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
		    "no %s \"%s\" in %s%s (there are:%s)", what, name, dir, hint,
		    known->len ? known->str : " none");
}

static gboolean add_file(GPtrArray *files, const char *path, const char *what, GError **error)
{
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "the %s %s is not a file",
			    what, path);
		return FALSE;
	}
	g_ptr_array_add(files, g_canonicalize_filename(path, NULL));
	return TRUE;
}

static gboolean add_files(GPtrArray *files, char **paths, const char *what, GError **error)
{
	for (char **path = paths; path && *path; path++)
		if (!add_file(files, *path, what, error))
			return FALSE;
	return TRUE;
}

/* The patches that <dir>/series names, and the fragment <dir>/config if there is one. */
static gboolean add_series(struct kernel_inputs *in, const char *name, GError **error)
{
	g_autofree char *dir = series_dir(in->version, name);
	g_autofree char *list = g_build_filename(dir, "series", NULL);
	g_autofree char *config = g_build_filename(dir, "config", NULL);
	g_autofree char *above = g_path_get_dirname(dir);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (strchr(name, '/') || !*name || !g_file_get_contents(list, &text, NULL, NULL)) {
		fail_unknown("series", name, above, "series", NULL, error);
		return FALSE;
	}
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autofree char *patch = NULL;

		if (!*g_strstrip(*line) || **line == '#')
			continue;
		patch = g_build_filename(dir, *line, NULL);
		if (!add_file(in->patches, patch, "patch", error)) {
			g_prefix_error(error, "%s: ", list);
			return FALSE;
		}
	}
	return !g_file_test(config, G_FILE_TEST_EXISTS) ||
	       add_file(in->fragments, config, "config fragment", error);
}

/* The fragment nic/NIC.config, if there is one: few cards need any. */
static gboolean add_nic_config(struct kernel_inputs *in, const char *nic, GError **error)
{
	g_autofree char *dir = config_dir();
	g_autofree char *name = g_strconcat(nic ? nic : "", ".config", NULL);
	g_autofree char *path = g_build_filename(dir, "nic", name, NULL);

	return !nic || !g_file_test(path, G_FILE_TEST_EXISTS) ||
	       add_file(in->fragments, path, "config fragment", error);
}

static gboolean add_base_config(struct kernel_inputs *in, const char *nic, GError **error)
{
	g_autofree char *dir = config_dir();
	g_autofree char *base = g_build_filename(dir, "base.config", NULL);
	g_autofree char *name = g_strconcat(in->version, ".config", NULL);
	g_autofree char *own = g_build_filename(dir, name, NULL);

	if (!add_file(in->fragments, base, "config fragment", error))
		return FALSE;
	if (g_file_test(own, G_FILE_TEST_IS_REGULAR))
		return add_file(in->fragments, own, "config fragment", error) &&
		       add_nic_config(in, nic, error);
	fail_unknown("kernel version", in->version, dir, NULL, ".config", error);
	return FALSE;
}

/* "fix+plant+mine.patch", or "stock" */
static char *make_label(const struct kernel_request *request)
{
	g_autoptr(GString) label = g_string_new(NULL);

	for (char **name = request->series; name && *name; name++)
		g_string_append_printf(label, "+%s", *name);
	for (char **path = request->patches; path && *path; path++) {
		g_autofree char *base = g_path_get_basename(*path);

		g_string_append_printf(label, "+%s", base);
	}
	for (char **path = request->fragments; path && *path; path++) {
		g_autofree char *base = g_path_get_basename(*path);

		g_string_append_printf(label, "+%s", base);
	}
	return g_strdup(label->len ? label->str + 1 : "stock");
}

/* "VERSION = 6" of a kernel's Makefile -> 6; -1 if it is not there. */
static int makefile_number(const char *makefile, const char *name)
{
	g_autofree char *start = g_strdup_printf("\n%s = ", name);
	const char *at = strstr(makefile, start);

	return at ? atoi(at + strlen(start)) : -1;
}

/* The version of a developer's tree, or an error that says it is no kernel tree. */
static gboolean read_tree_version(struct kernel_inputs *in, const char *wanted, GError **error)
{
	g_autofree char *path = g_build_filename(in->tree, "Makefile", NULL);
	g_autofree char *kconfig = g_build_filename(in->tree, "Kconfig", NULL);
	g_autofree char *makefile = NULL;
	int version, patchlevel, sublevel;

	if (!g_file_test(kconfig, G_FILE_TEST_EXISTS) ||
	    !g_file_get_contents(path, &makefile, NULL, NULL)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s is not a Linux source tree: it has no Kconfig and Makefile",
			    in->tree);
		return FALSE;
	}
	version = makefile_number(makefile, "VERSION");
	patchlevel = makefile_number(makefile, "PATCHLEVEL");
	sublevel = makefile_number(makefile, "SUBLEVEL");
	in->release = g_strdup_printf("%d.%d.%d", version, patchlevel, sublevel);
	in->version = wanted ? g_strdup(wanted) : g_strdup_printf("%d.%d", version, patchlevel);
	return TRUE;
}

static gboolean resolve_tree(struct kernel_inputs *in, const struct kernel_request *request,
			     GError **error)
{
	g_autofree char *hash = NULL;

	in->tree = g_canonicalize_filename(request->source, NULL);
	hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, in->tree, -1);
	in->tree_id = g_strdup_printf("tree-%.12s", hash);
	return read_tree_version(in, request->version, error) &&
	       add_base_config(in, request->nic, error);
}

/* "linux-source-6.12 6.12.117-1~deb12u1" -> "6.12.117" */
static char *package_release(const char *package)
{
	const char *version = strchr(package, ' ');
	const char *upstream = version ? version + 1 : package;

	return g_strndup(upstream, strcspn(upstream, "-"));
}

static gboolean resolve_package(struct kernel_inputs *in, const struct kernel_request *request,
				GError **error)
{
	in->version = g_strdup(request->version ? request->version : KERNEL_VERSION_DEFAULT);
	if (!add_base_config(in, request->nic, error))
		return FALSE;
	in->package = kernel_package_version("source", in->version, error);
	if (!in->package)
		return FALSE;
	in->release = package_release(in->package);
	in->tree = kernel_package_dir(in->package);
	in->tree_id = g_path_get_basename(in->tree);
	return TRUE;
}

static void key_line(const char *line, gpointer data)
{
	cache_key_text(data, "line", line);
}

struct untracked {
	const char *tree;
	struct cache_key *key;
	GError *error;
};

static void key_untracked(const char *name, gpointer data)
{
	struct untracked *u = data;
	g_autofree char *path = g_build_filename(u->tree, name, NULL);

	if (!u->error && g_file_test(path, G_FILE_TEST_IS_REGULAR))
		cache_key_file(u->key, name, path, &u->error);
}

/* Commit, changes to tracked files, contents of untracked ones that are not ignored. */
static gboolean key_git_tree(struct cache_key *key, const char *tree, GError **error)
{
	/* The tree may be another user's: we only read it. */
	const char *const head[] = { "git",  "-c", "safe.directory=*", "-C", tree, "rev-parse",
				     "HEAD", NULL };
	const char *const diff[] = { "git",
				     "-c",
				     "safe.directory=*",
				     "-C",
				     tree,
				     "diff",
				     "--no-ext-diff",
				     "--no-textconv",
				     "--binary",
				     "HEAD",
				     NULL };
	const char *const others[] = {
		"git", "-c", "safe.directory=*", "-c",	     "core.quotePath=false",
		"-C",  tree, "ls-files",	 "--others", "--exclude-standard",
		NULL
	};
	struct untracked u = { .tree = tree, .key = key };

	if (!tool_run(head, NULL, NULL, key_line, key, error) ||
	    !tool_run(diff, NULL, NULL, key_line, key, error) ||
	    !tool_run(others, NULL, NULL, key_untracked, &u, error))
		return FALSE;
	if (u.error)
		g_propagate_error(error, u.error);
	return u.error == NULL;
}

static struct cache_key *walked_key; /* nftw(3) passes no data */

static int key_walked(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	g_autofree char *line = NULL;

	if (type == FTW_D)
		return 0;
	line = g_strdup_printf("%s %ld %ld.%09ld", path, (long)st->st_size,
			       (long)st->st_mtim.tv_sec, (long)st->st_mtim.tv_nsec);
	cache_key_text(walked_key, "file", line);
	return 0;
}

static gboolean key_plain_tree(struct cache_key *key, const char *tree, GError **error)
{
	walked_key = key;
	if (nftw(tree, key_walked, FTW_OPEN_FILES, FTW_PHYS) == 0)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot read the tree %s: %s", tree,
		    g_strerror(errno));
	return FALSE;
}

static gboolean key_source(struct cache_key *key, const struct kernel_inputs *in, GError **error)
{
	g_autofree char *git = g_build_filename(in->tree, ".git", NULL);

	if (in->package) {
		cache_key_text(key, "package", in->package);
		return TRUE;
	}
	if (g_file_test(git, G_FILE_TEST_EXISTS))
		return key_git_tree(key, in->tree, error);
	return key_plain_tree(key, in->tree, error);
}

static gboolean key_files(struct cache_key *key, const char *label, GPtrArray *files,
			  GError **error)
{
	for (guint i = 0; i < files->len; i++)
		if (!cache_key_file(key, label, files->pdata[i], error))
			return FALSE;
	return TRUE;
}

struct first_line {
	struct cache_key *key;
	gboolean seen;
};

static void key_first_line(const char *line, gpointer data)
{
	struct first_line *first = data;

	if (!first->seen)
		cache_key_text(first->key, "tool", line);
	first->seen = TRUE;
}

static gboolean key_tools(struct cache_key *key, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(build_tools); i++) {
		const char *const argv[] = { build_tools[i], "--version", NULL };
		struct first_line first = { .key = key };

		if (!tool_run(argv, NULL, NULL, key_first_line, &first, error))
			return FALSE;
	}
	return TRUE;
}

static char *make_key(const struct kernel_inputs *in, GError **error)
{
	g_autofree char *script =
		g_build_filename(netswap_data_dir(), "scripts", "kernel-build", NULL);
	struct cache_key *key = cache_key_new();
	gboolean ok = key_source(key, in, error) && key_files(key, "patch", in->patches, error) &&
		      key_files(key, "fragment", in->fragments, error) && key_tools(key, error) &&
		      cache_key_file(key, "script", script, error);
	g_autofree char *hash = cache_key_end(key);

	return ok ? g_steal_pointer(&hash) : NULL;
}

struct kernel_inputs *kernel_inputs_resolve(const struct kernel_request *request, GError **error)
{
	SCOPED(kernel_inputs) in = g_new0(struct kernel_inputs, 1);

	in->patches = g_ptr_array_new_with_free_func(g_free);
	in->fragments = g_ptr_array_new_with_free_func(g_free);
	in->label = make_label(request);
	if (!(request->source ? resolve_tree(in, request, error)
			      : resolve_package(in, request, error)))
		return NULL;
	for (char **name = request->series; name && *name; name++)
		if (!add_series(in, *name, error))
			return NULL;
	if (!add_files(in->patches, request->patches, "patch", error) ||
	    !add_files(in->fragments, request->fragments, "config fragment", error))
		return NULL;
	in->key = make_key(in, error);
	return in->key ? g_steal_pointer(&in) : NULL;
}

void kernel_inputs_free(struct kernel_inputs *in)
{
	if (!in)
		return;
	g_free(in->version);
	g_free(in->release);
	g_free(in->label);
	g_free(in->package);
	g_free(in->tree);
	g_free(in->tree_id);
	g_ptr_array_unref(in->patches);
	g_ptr_array_unref(in->fragments);
	g_free(in->key);
	g_free(in);
}
