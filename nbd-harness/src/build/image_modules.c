// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow: index of all module files by name -> for each wanted module one line
 * of the order file, dependencies first -> each file once, decompressed, since
 * finit_module(2) of PID 1 takes plain ELF.
 *
 * What a module depends on is read from the module itself ("depends=" in
 * .modinfo): Debian's packages bring no modules.dep, and depmod(8) would read
 * thousands of modules to make one.
 *
 * A wanted module that the kernel does not have as a module is left out: it is
 * built in, or the guest will say which device lacks a driver.
 */
#include "build/image_modules.h"

#include <gelf.h>
#include <gio/gio.h>
#include <string.h>

#include "base/error.h"

#define FOLDER_DEPTH_MAX 16

/* The archive, the index of module files, and what is in the archive. */
struct packing {
	struct cpio *c;
	GHashTable *paths; /* module name -> path on this host */
	GHashTable *files; /* module name -> file name in the archive, once added */
	GHashTable *needs; /* module name -> GStrv of the modules it depends on */
};

/* "net-failover.ko.xz" -> "net_failover"; NULL if it is no module; caller frees. */
static char *module_name(const char *file)
{
	const char *suffix = strstr(file, ".ko");

	return suffix ? g_strdelimit(g_strndup(file, (gsize)(suffix - file)), "-", '_') : NULL;
}

static gboolean index_folder(GHashTable *paths, const char *folder, guint depth, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *file;

	if (!dir)
		return FALSE;
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, file, NULL);
		char *name = module_name(file);

		if (name)
			g_hash_table_replace(paths, name, g_steal_pointer(&path));
		else if (depth < FOLDER_DEPTH_MAX && g_file_test(path, G_FILE_TEST_IS_DIR) &&
			 !g_file_test(path, G_FILE_TEST_IS_SYMLINK) &&
			 !index_folder(paths, path, depth + 1, error))
			return FALSE;
	}
	return TRUE;
}

static const char *decompressor(const char *path)
{
	if (g_str_has_suffix(path, ".xz"))
		return "xz";
	if (g_str_has_suffix(path, ".zst"))
		return "zstd";
	if (g_str_has_suffix(path, ".gz"))
		return "gzip";
	return NULL;
}

/* The module's ELF file; caller unrefs. */
static GBytes *read_module(const char *path, GError **error)
{
	const char *program = decompressor(path);
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GBytes) out = NULL;
	char *data;
	gsize bytes;

	if (!program)
		return g_file_get_contents(path, &data, &bytes, error)
			       ? g_bytes_new_take(data, bytes)
			       : NULL;
	child = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, program, "-dcq", path,
				 NULL);
	if (!child || !g_subprocess_communicate(child, NULL, NULL, &out, NULL, error))
		return NULL;
	if (!g_subprocess_get_successful(child)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s cannot decompress the kernel module %s", program, path);
		return NULL;
	}
	return g_steal_pointer(&out);
}

/* The text after "depends=" of @modinfo (NUL-separated); NULL if there is none. */
static char *find_depends(const char *modinfo, gsize bytes)
{
	static const char key[] = "depends=";
	gsize at = 0;

	while (at < bytes) {
		gsize length = strnlen(modinfo + at, bytes - at);

		if (length >= strlen(key) && !memcmp(modinfo + at, key, strlen(key)))
			return g_strndup(modinfo + at + strlen(key), length - strlen(key));
		at += length + 1;
	}
	return NULL;
}

/* The modules that the module @image depends on. */
static GStrv read_depends(GBytes *image)
{
	gsize bytes;
	char *data = (char *)g_bytes_get_data(image, &bytes);
	g_autofree char *depends = NULL;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory(data, bytes);
	while (elf && !elf_getshdrstrndx(elf, &names) && (section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;
		Elf_Data *content = g_strcmp0(name, ".modinfo") ? NULL : elf_rawdata(section, NULL);

		if (content && !depends)
			depends = find_depends(content->d_buf, content->d_size);
	}
	if (elf)
		elf_end(elf);
	if (!depends)
		depends = g_strdup("");
	return g_strsplit(g_strdelimit(depends, "-", '_'), ",", -1);
}

/* Put module @name into the archive, unless it is there. */
static gboolean add_file(struct packing *p, const char *name, GError **error)
{
	const char *path = g_hash_table_lookup(p->paths, name);
	g_autofree char *file = g_strconcat(name, ".ko", NULL);
	g_autofree char *guest_path = g_build_filename("lib/modules", file, NULL);
	g_autoptr(GBytes) image = NULL;

	if (g_hash_table_contains(p->files, name))
		return TRUE;
	image = read_module(path, error);
	if (!image)
		return FALSE;
	cpio_add_data(p->c, guest_path, 0644, g_bytes_get_data(image, NULL),
		      g_bytes_get_size(image));
	g_hash_table_insert(p->needs, g_strdup(name), read_depends(image));
	g_hash_table_insert(p->files, g_strdup(name), g_steal_pointer(&file));
	return TRUE;
}

/* Append to @line the files of @name's dependencies, then its own. */
static gboolean add_with_needs(struct packing *p, const char *name, GString *line, GError **error)
{
	char **needs;

	if (!g_hash_table_contains(p->paths, name))
		return TRUE; /* built in */
	if (!add_file(p, name, error))
		return FALSE;
	needs = g_hash_table_lookup(p->needs, name);
	for (; *needs; needs++)
		if (**needs && !add_with_needs(p, *needs, line, error))
			return FALSE;
	g_string_append_printf(line, " %s", (char *)g_hash_table_lookup(p->files, name));
	return TRUE;
}

static gboolean add_wanted(struct packing *p, const char *const *wanted, GError **error)
{
	g_autoptr(GString) order = g_string_new(NULL);

	for (const char *const *name = wanted; *name; name++) {
		g_autoptr(GString) line = g_string_new(*name);

		if (!g_hash_table_contains(p->paths, *name))
			continue;
		if (!add_with_needs(p, *name, line, error))
			return FALSE;
		g_string_append_printf(order, "%s\n", line->str);
	}
	cpio_add_data(p->c, "lib/modules/order", 0644, order->str, order->len);
	return TRUE;
}

gboolean image_add_modules(struct cpio *c, const char *modules, const char *const *wanted,
			   GError **error)
{
	g_autofree char *folder = g_build_filename(modules, "lib/modules", NULL);
	struct packing p = {
		.c = c,
		.paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.needs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_strfreev),
	};
	gboolean ok = index_folder(p.paths, folder, 0, error) && add_wanted(&p, wanted, error);

	g_hash_table_unref(p.paths);
	g_hash_table_unref(p.files);
	g_hash_table_unref(p.needs);
	return ok;
}
