// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest images.
 *
 *   files (guest path, host path) of our own programs and of Debian's
 *     -> key over their contents -> in the cache? -> archive or disk image
 *
 * The initramfs has what must work while the machine is wedged: PID 1, the
 * workloads, nbd-client.  It stays uncompressed, since decompressing costs an
 * emulated processor more than reading; the guest must be booted with
 * rootfstype=ramfs, so that nothing of it can be swapped.
 *
 * fio needs some 80 MiB of libraries: they are on a read-only disk that the
 * guest mounts on /fio, together with a shell for people.
 */
#include "build/image.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "build/cache.h"
#include "build/cpio.h"
#include "build/debpkg.h"
#include "build/elf_closure.h"
#include "build/image_modules.h"
#include "build/tool.h"

#define INITRAMFS_FORMAT "1" /* raise it when the same files make another archive */
#define DISK_FORMAT	 "1"
#define LIBRARY_DIR	 "lib/x86_64-linux-gnu"

static const char *const fio_packages[] = { "fio", "busybox-static", NULL };

/* One file of an image; all of them are executable, which libraries may be. */
struct image_file {
	char *guest; /* relative to the image's root */
	char *host;
};

static void image_file_free(gpointer data)
{
	struct image_file *f = data;

	g_free(f->guest);
	g_free(f->host);
	g_free(f);
}

static GPtrArray *files_new(void)
{
	return g_ptr_array_new_with_free_func(image_file_free);
}

/* Once: programs share libraries. */
static void add(GPtrArray *files, const char *guest, const char *host)
{
	struct image_file *f;

	for (guint i = 0; i < files->len; i++) {
		f = files->pdata[i];
		if (!strcmp(f->guest, guest))
			return;
	}
	f = g_new0(struct image_file, 1);

	f->guest = g_strdup(guest);
	f->host = g_strdup(host);
	g_ptr_array_add(files, f);
}

/* A program that make built for the guest: in the build folder, or installed. */
static gboolean add_own(GPtrArray *files, const char *guest, const char *name, GError **error)
{
	static const char *const folders[] = { NETSWAP_SOURCE_DIR "/build/guest",
					       NETSWAP_DATA_DIR "/guest" };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(folders[i], name, NULL);

		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			continue;
		add(files, guest, path);
		return TRUE;
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "the guest's program %s is neither in %s nor in %s; run make", name, folders[0],
		    folders[1]);
	return FALSE;
}

/* @program (of @root) as bin/NAME, its libraries below @library_dir, its loader where it names it.
 */
static gboolean add_debian(GPtrArray *files, const char *root, const char *program,
			   const char *library_dir, GError **error)
{
	g_autofree char *path = g_build_filename(root, program, NULL);
	g_autofree char *name = g_path_get_basename(program);
	g_autofree char *guest = g_build_filename("bin", name, NULL);
	g_autofree char *loader = NULL;
	SCOPED(elf_closure) closure = elf_closure_new(path, root, error);

	if (!closure)
		return FALSE;
	add(files, guest, path);
	if (!closure->loader)
		return TRUE;
	add(files, closure->loader + strspn(closure->loader, "/"), closure->loader);
	loader = g_path_get_basename(closure->loader);
	for (guint i = 0; i < closure->paths->len; i++) {
		const char *soname = closure->sonames->pdata[i];
		g_autofree char *library = g_build_filename(library_dir, soname, NULL);

		if (strcmp(soname, loader))
			add(files, library, closure->paths->pdata[i]);
	}
	return TRUE;
}

static gboolean add_files_to_key(struct cache_key *k, GPtrArray *files, GError **error)
{
	for (guint i = 0; i < files->len; i++) {
		const struct image_file *f = files->pdata[i];

		if (!cache_key_file(k, f->guest, f->host, error))
			return FALSE;
	}
	return TRUE;
}

/* The key of an image of @files; NULL on error. */
static char *image_key(const char *format, GPtrArray *files, const struct kernel *kernel,
		       const char *const *modules, GError **error)
{
	struct cache_key *k = cache_key_new();
	g_autofree char *key = NULL;
	gboolean ok;

	cache_key_text(k, "format", format);
	if (kernel && kernel->modules) {
		g_autofree char *wanted = g_strjoinv(" ", (char **)modules);

		cache_key_text(k, "kernel", kernel->key);
		cache_key_text(k, "modules", wanted);
	}
	ok = add_files_to_key(k, files, error);
	key = cache_key_end(k);
	return ok ? g_steal_pointer(&key) : NULL;
}

static gboolean add_parts(GPtrArray *files, const struct image_parts *parts, GError **error)
{
	g_autofree char *root = NULL;

	for (const struct image_own *own = parts->own; own && own->path; own++) {
		if (!add_own(files, own->path, own->name, error))
			return FALSE;
	}
	if (!parts->packages)
		return TRUE;
	root = debpkg_obtain(parts->packages, error);
	if (!root)
		return FALSE;
	for (const char *const *program = parts->programs; *program; program++) {
		if (!add_debian(files, root, *program, LIBRARY_DIR, error))
			return FALSE;
	}
	return TRUE;
}

/* The modules of all, each once; caller frees the array alone. */
static const char **modules_of(const struct image_parts *const *parts)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (; *parts; parts++) {
		for (const char *const *name = (*parts)->modules; name && *name; name++) {
			if (!g_ptr_array_find_with_equal_func(names, *name, g_str_equal, NULL))
				g_ptr_array_add(names, (gpointer)*name);
		}
	}
	g_ptr_array_add(names, NULL);
	return (const char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static gboolean write_initramfs(GPtrArray *files, const struct kernel *kernel,
				const char *const *modules, const char *work, GError **error)
{
	g_autofree char *path = g_build_filename(work, "initramfs.cpio", NULL);
	SCOPED(cpio) c = cpio_new();
	g_autoptr(GBytes) archive = NULL;

	cpio_add_dir(c, "dev"); /* the kernel's first console, before devtmpfs is mounted */
	cpio_add_char_device(c, "dev/console", 0600, 5, 1);
	for (guint i = 0; i < files->len; i++) {
		const struct image_file *f = files->pdata[i];

		if (!cpio_add_file(c, f->guest, 0755, f->host, error))
			return FALSE;
	}
	if (kernel->modules && !image_add_modules(c, kernel->modules, modules, error))
		return FALSE;
	archive = cpio_end(c);
	return g_file_set_contents(path, g_bytes_get_data(archive, NULL),
				   (gssize)g_bytes_get_size(archive), error);
}

/* The archive of @files in the cache; caller frees the path. */
static char *obtain_initramfs(GPtrArray *files, const struct kernel *kernel,
			      const char *const *modules, GError **error)
{
	g_autofree char *key = image_key(INITRAMFS_FORMAT, files, kernel, modules, error);
	SCOPED(cache_entry) entry = NULL;

	if (!key)
		return NULL;
	entry = cache_begin("initramfs", key, "guest image", error);
	if (!entry ||
	    (entry->work && (!write_initramfs(files, kernel, modules, entry->work, error) ||
			     !cache_commit(entry, error))))
		return NULL;
	return g_build_filename(entry->path, "initramfs.cpio", NULL);
}

char *image_initramfs(const struct kernel *kernel, const struct image_parts *const *parts,
		      GError **error)
{
	g_autoptr(GPtrArray) files = files_new();
	g_autofree const char **modules = modules_of(parts);

	for (; *parts; parts++) {
		if (!add_parts(files, *parts, error))
			return NULL;
	}
	return obtain_initramfs(files, kernel, modules, error);
}

static GPtrArray *disk_files(GError **error)
{
	g_autofree char *root = debpkg_obtain(fio_packages, error);
	g_autoptr(GPtrArray) files = files_new();

	if (!root || !add_debian(files, root, "usr/bin/fio", "lib", error) ||
	    !add_debian(files, root, "bin/busybox", "lib", error))
		return NULL;
	return g_steal_pointer(&files);
}

/* Copies of @files in the folder @stage, as the guest will see them. */
static gboolean stage_files(GPtrArray *files, const char *stage, GError **error)
{
	for (guint i = 0; i < files->len; i++) {
		const struct image_file *f = files->pdata[i];
		g_autofree char *path = g_build_filename(stage, f->guest, NULL);
		g_autofree char *folder = g_path_get_dirname(path);
		g_autofree char *data = NULL;
		gsize bytes;

		g_mkdir_with_parents(folder, 0755);
		if (!g_file_get_contents(f->host, &data, &bytes, error) ||
		    !g_file_set_contents_full(path, data, (gssize)bytes, G_FILE_SET_CONTENTS_NONE,
					      0755, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean write_disk(GPtrArray *files, const char *work, GError **error)
{
	g_autofree char *stage = g_build_filename(work, "stage", NULL);
	g_autofree char *path = g_build_filename(work, "fio.squashfs", NULL);
	const char *const argv[] = { "mksquashfs", stage,    path,	     "-comp", "zstd",
				     "-all-root",  "-quiet", "-no-progress", NULL };

	return stage_files(files, stage, error) && tool_run(argv, NULL, NULL, NULL, NULL, error) &&
	       cache_remove_tree(stage, error);
}

char *image_fio(GError **error)
{
	g_autoptr(GPtrArray) files = disk_files(error);
	g_autofree char *key = files ? image_key(DISK_FORMAT, files, NULL, NULL, error) : NULL;
	SCOPED(cache_entry) entry = NULL;

	if (!key)
		return NULL;
	entry = cache_begin("disks", key, "disk with fio", error);
	if (!entry || (entry->work &&
		       (!write_disk(files, entry->work, error) || !cache_commit(entry, error))))
		return NULL;
	return g_build_filename(entry->path, "fio.squashfs", NULL);
}
