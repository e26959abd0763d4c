// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels from the cache: see kernel.h.
 *
 *   request --kernel_inputs--> key --cache_begin--> there: load kernel.json
 *                                      |
 *                                      +-- absent: fetch the source package,
 *                                          kernel_check() that it takes it all,
 *                                          lock its work folder (builds of one
 *                                          tree share it), scripts/kernel-build,
 *                                          write kernel.json, cache_commit
 *
 * A prebuilt kernel is an unpacked Debian package in <cache>/sources, or two
 * files of the user's; neither has an entry of its own.
 *
 * The log of a build that failed stays in <cache>/logs, named by the key.
 */
#include "build/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/progress.h"
#include "build/cache.h"
#include "build/kernel_check.h"
#include "build/kernel_inputs.h"
#include "build/kernel_package.h"
#include "build/tool.h"

#define KIND "kernels"
/* The work folder of one tree: a copy of it (1.7 GB) and its objects (1.0 GB). */
#define NEW_WORK_BYTES (3ull << 30)
#define OLD_WORK_BYTES (512ull << 20)
/* Compiling is this part of the time, linking and BTF the rest. */
#define COMPILE_SHARE	     0.93

#define BZIMAGE_MAGIC	     "HdrS"
#define BZIMAGE_MAGIC_OFFSET 0x202

struct kernel_build {
	struct progress *progress;
	char *step;
	char *release;	/* as the tree says it */
	guint expected; /* objects that will be compiled; 0: unknown */
	guint compiled;
};

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	g_free(k->name);
	g_free(k->key);
	g_free(k->image);
	g_free(k->vmlinux);
	g_free(k->config);
	g_free(k->modules);
	g_free(k);
}

/* @dir/@name if it exists, or NULL; caller frees. */
static char *existing(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

/* A complete cache entry -> struct kernel. */
static struct kernel *load_entry(const char *path, GError **error)
{
	g_autofree char *json = g_build_filename(path, "kernel.json", NULL);
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GError) cause = NULL;
	struct kernel *k;
	JsonObject *object;

	if (!json_parser_load_from_file(parser, json, &cause) ||
	    !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "the cache entry %s is damaged (%s): remove it", path,
			    cause ? cause->message : "kernel.json holds no object");
		return NULL;
	}
	object = json_node_get_object(json_parser_get_root(parser));
	k = g_new0(struct kernel, 1);
	k->name = g_strdup(json_object_get_string_member_with_default(object, "name", "?"));
	k->build_s = json_object_get_double_member_with_default(object, "build_s", 0);
	k->key = g_path_get_basename(path);
	k->image = g_build_filename(path, "bzImage", NULL);
	k->vmlinux = existing(path, "vmlinux");
	k->config = existing(path, "config");
	k->modules = existing(path, "modules");
	return k;
}

static void add_strings(JsonBuilder *b, const char *member, GPtrArray *values)
{
	json_open_array(b, member);
	for (guint i = 0; i < values->len; i++)
		json_builder_add_string_value(b, values->pdata[i]);
	json_builder_end_array(b);
}

/* What the entry is and was made from, for people and for load_entry(). */
static gboolean write_description(const struct kernel_inputs *in, const char *name, double build_s,
				  const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "kernel.json", NULL);
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_string(b, "name", name);
	json_add_string(b, "key", in->key);
	json_add_string(b, "release", in->release);
	json_add_string(b, "label", in->label);
	json_add_string(b, "package", in->package);
	json_add_string(b, "tree", in->package ? NULL : in->tree);
	add_strings(b, "patches", in->patches);
	add_strings(b, "fragments", in->fragments);
	json_add_seconds(b, "build_s", build_s * G_USEC_PER_SEC);
	json_builder_end_object(b);

	g_autofree char *text = json_built(b, TRUE);

	return g_file_set_contents(path, text, -1, error);
}

static void show(struct kernel_build *b, double fraction, const char *detail)
{
	progress_update(b->progress, fraction, "%s%s%s", b->step ? b->step : "", detail ? " " : "",
			detail ? detail : "");
}

/* One line of scripts/kernel-build: its own words, or make's "  CC      mm/vmscan.o". */
static void on_build_line(const char *line, gpointer data)
{
	struct kernel_build *b = data;
	double fraction = -1;

	if (g_str_has_prefix(line, "step ")) {
		g_free(b->step);
		b->step = g_strdup(line + strlen("step "));
		show(b, -1, NULL);
	} else if (g_str_has_prefix(line, "version ")) {
		g_free(b->release);
		b->release = g_strdup(line + strlen("version "));
	} else if (g_str_has_prefix(line, "objects ")) {
		b->expected = atoi(line + strlen("objects "));
	} else if (g_str_has_prefix(line, "  ")) {
		const char *target = strrchr(line, ' ') + 1;
		const char *file = strrchr(target, '/');

		if (*target == '/' && file) /* a host tool, by its whole path */
			target = file + 1;

		b->compiled += g_str_has_prefix(line, "  CC ");
		if (b->expected)
			fraction = COMPILE_SHARE * MIN((double)b->compiled / b->expected, 1);
		show(b, fraction, target);
	}
}

static void append_files(GPtrArray *argv, const char *option, GPtrArray *files)
{
	for (guint i = 0; i < files->len; i++) {
		g_ptr_array_add(argv, (gpointer)option);
		g_ptr_array_add(argv, files->pdata[i]);
	}
}

/* Where the build says everything; the folder is made.  Caller frees. */
static char *log_path(const struct kernel_inputs *in)
{
	g_autofree char *dir = g_build_filename(netswap_cache_dir(), "logs", NULL);
	g_autofree char *name = g_strdup_printf("kernel-%s.log", in->key);

	g_mkdir_with_parents(dir, 0755);
	return g_build_filename(dir, name, NULL);
}

static gboolean run_build(const struct kernel_inputs *in, const char *out, struct kernel_build *b,
			  GError **error)
{
	g_autofree char *script =
		g_build_filename(netswap_data_dir(), "scripts", "kernel-build", NULL);
	g_autofree char *work = g_build_filename(netswap_cache_dir(), "work", in->tree_id, NULL);
	g_autofree char *log = log_path(in);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const fixed[] = { script,  "--tree", in->tree, "--work", work,
				      "--out", out,	 "--log",  log };
	gboolean seen_before = g_file_test(work, G_FILE_TEST_IS_DIR);
	int lock;
	gboolean ok;

	if (!cache_has_room(seen_before ? OLD_WORK_BYTES : NEW_WORK_BYTES, "a kernel build", error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, (gpointer)fixed[i]);
	append_files(argv, "--patch", in->patches);
	append_files(argv, "--config", in->fragments);
	g_ptr_array_add(argv, NULL);

	lock = cache_lock(in->tree_id, in->release, error);
	if (lock < 0)
		return FALSE;
	b->progress = progress_begin("kernel");
	ok = tool_run((const char *const *)argv->pdata, NULL, NULL, on_build_line, b, error);
	close(lock);
	return ok;
}

static char *kernel_name(const struct kernel_inputs *in, const char *release)
{
	gboolean stock = !strcmp(in->label, "stock");
	g_autofree char *origin = in->package ? g_strdup("") : g_strdup_printf(" of %s", in->tree);

	return g_strdup_printf("%s%s%s%s", release, stock ? " " : "+", in->label, origin);
}

/* Fill the work folder of @entry and make it the entry. */
static gboolean make_entry(const struct kernel_inputs *in, struct cache_entry *entry,
			   GError **error)
{
	gint64 began_us = g_get_monotonic_time();
	struct kernel_build b = { 0 };
	g_autofree char *name = NULL;
	double build_s;
	gboolean ok;

	if (in->package && !kernel_package_fetch("source", in->version, in->package, error))
		return FALSE;
	if (!kernel_check(in, error))
		return FALSE;
	ok = run_build(in, entry->work, &b, error);
	build_s = (double)(g_get_monotonic_time() - began_us) / G_TIME_SPAN_SECOND;
	name = kernel_name(in, b.release ? b.release : in->release);
	if (b.progress)
		progress_end(b.progress, ok ? "%s: built in %.0f s" : "%s: failed after %.0f s",
			     name, build_s);
	g_free(b.step);
	g_free(b.release);
	return ok && write_description(in, name, build_s, entry->work, error) &&
	       cache_commit(entry, error);
}

static struct kernel *obtain_built(const struct kernel_request *request, GError **error)
{
	SCOPED(kernel_inputs) in = kernel_inputs_resolve(request, error);
	SCOPED(cache_entry) entry = NULL;
	g_autofree char *what = NULL;
	struct kernel *k;
	gboolean build;

	if (!in)
		return NULL;
	what = kernel_name(in, in->release);
	entry = cache_begin(KIND, in->key, what, error);
	if (!entry)
		return NULL;
	build = entry->work != NULL;
	if (build && !make_entry(in, entry, error))
		return NULL;
	k = load_entry(entry->path, error);
	if (k)
		k->built = build;
	return k;
}

/* The one file in @dir/boot whose name begins with @prefix; NULL if none.  Caller frees. */
static char *boot_file(const char *dir, const char *prefix)
{
	g_autofree char *boot = g_build_filename(dir, "boot", NULL);
	g_autoptr(GDir) d = g_dir_open(boot, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d)))
		if (g_str_has_prefix(name, prefix))
			return g_build_filename(boot, name, NULL);
	return NULL;
}

/* An unpacked linux-image package -> struct kernel, or NULL: no kernel in it. */
static struct kernel *load_package(const char *dir)
{
	g_autofree char *base = g_path_get_basename(dir);
	g_autofree char *usr = g_build_filename(dir, "usr", NULL);
	g_autofree char *usr_modules = g_build_filename(usr, "lib", "modules", NULL);
	const char *version = strrchr(base, '_');
	struct kernel *k = g_new0(struct kernel, 1);

	k->name = g_strdup_printf("Debian %s", version ? version + 1 : base);
	k->key = g_strdup(base);
	k->image = boot_file(dir, "vmlinuz-");
	k->config = boot_file(dir, "config-");
	/* Debian moved the modules below /usr after version 12. */
	k->modules = g_strdup(g_file_test(usr_modules, G_FILE_TEST_IS_DIR) ? usr : dir);
	if (k->image)
		return k;
	kernel_free(k);
	return NULL;
}

static struct kernel *obtain_prebuilt(const struct kernel_request *request, GError **error)
{
	g_autofree char *package = kernel_package_version("image", request->debian, error);
	g_autofree char *dir = package ? kernel_package_dir(package) : NULL;
	gboolean cached = dir && g_file_test(dir, G_FILE_TEST_IS_DIR);
	struct kernel *k;

	if (!package || !kernel_package_fetch("image", request->debian, package, error))
		return NULL;
	k = load_package(dir);
	if (k)
		k->built = !cached;
	else
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "the package %s unpacked in %s has no boot/vmlinuz-*", package, dir);
	return k;
}

static gboolean check_bzimage(const char *path, GError **error)
{
	char magic[sizeof(BZIMAGE_MAGIC) - 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "cannot open the kernel %s: %s", path, g_strerror(errno));
		return FALSE;
	}
	if (pread(fd, magic, sizeof(magic), BZIMAGE_MAGIC_OFFSET) != sizeof(magic) ||
	    memcmp(magic, BZIMAGE_MAGIC, sizeof(magic))) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s is no x86 bzImage (it lacks \"" BZIMAGE_MAGIC "\" at 0x%x); "
			    "kernel.image takes arch/x86/boot/bzImage, vmlinux goes beside it",
			    path, BZIMAGE_MAGIC_OFFSET);
		close(fd);
		return FALSE;
	}
	close(fd);
	return TRUE;
}

static struct kernel *obtain_image(const struct kernel_request *request, GError **error)
{
	struct kernel *k;

	if (!check_bzimage(request->image, error))
		return NULL;
	if (request->vmlinux && g_access(request->vmlinux, R_OK) < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "cannot read the vmlinux %s: %s", request->vmlinux, g_strerror(errno));
		return NULL;
	}
	k = g_new0(struct kernel, 1);
	k->image = g_canonicalize_filename(request->image, NULL);
	k->vmlinux = request->vmlinux ? g_canonicalize_filename(request->vmlinux, NULL) : NULL;
	k->name = g_path_get_basename(k->image);
	k->key = g_strconcat("image:", k->image, NULL);
	return k;
}

struct kernel *kernel_obtain(const struct kernel_request *request, GError **error)
{
	if (request->image)
		return obtain_image(request, error);
	if (request->debian)
		return obtain_prebuilt(request, error);
	return obtain_built(request, error);
}

static void add_all(GPtrArray *kernels, const char *kind, struct kernel *(*load)(const char *dir))
{
	g_autofree char *dir = g_build_filename(netswap_cache_dir(), kind, NULL);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		struct kernel *k;

		if (g_str_has_suffix(name, CACHE_WORK_SUFFIX))
			continue;
		k = load(path);
		if (k)
			g_ptr_array_add(kernels, k);
	}
}

static struct kernel *load_quietly(const char *path)
{
	return load_entry(path, NULL);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct kernel *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

GPtrArray *kernel_list(GError **error)
{
	GPtrArray *kernels = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_free);

	add_all(kernels, KIND, load_quietly);
	add_all(kernels, "sources", load_package);
	g_ptr_array_sort(kernels, by_name);
	return kernels;
}
