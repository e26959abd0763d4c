// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow: modules.dep (depmod(8) makes it when it is missing) -> for each wanted
 * module one line of the order file, dependencies first -> each file once,
 * decompressed: finit_module(2) of PID 1 takes plain ELF.
 *
 * A wanted module that the kernel does not have as a module is left out: it is
 * built in, or the guest will say which device lacks a driver.
 */
#include "build/image_modules.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "build/tool.h"

static const char *const wanted[] = {
	"virtio_pci", "virtio_net", "e1000", "e1000e", "8139cp", "vmxnet3", /* scenario nic= */
	"nbd",								    /* swap */
	"virtio_blk", "squashfs",					    /* the disk with fio */
	NULL,
};

char *image_modules_wanted(void)
{
	return g_strjoinv(" ", (char **)wanted);
}

/* "kernel/drivers/net/net-failover.ko.xz" -> "net_failover"; caller frees. */
static char *module_name(const char *path)
{
	char *name = g_path_get_basename(path);
	char *suffix = strstr(name, ".ko");

	if (suffix)
		*suffix = '\0';
	return g_strdelimit(name, "-", '_');
}

/* "kernel/drivers/net/net-failover.ko.xz" -> "net-failover.ko"; caller frees. */
static char *plain_file_name(const char *path)
{
	char *name = g_path_get_basename(path);
	char *suffix = strstr(name, ".ko");

	if (suffix)
		suffix[strlen(".ko")] = '\0';
	return name;
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

/* The one folder lib/modules/VERSION of @modules; caller frees. */
static char *version_folder(const char *modules, GError **error)
{
	g_autofree char *parent = g_build_filename(modules, "lib/modules", NULL);
	g_autoptr(GDir) dir = g_dir_open(parent, 0, error);
	const char *version;

	if (!dir)
		return NULL;
	version = g_dir_read_name(dir);
	if (!version) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s is empty: the kernel's package brought no modules", parent);
		return NULL;
	}
	return g_build_filename(parent, version, NULL);
}

/* The text of modules.dep; caller frees. */
static char *read_dependencies(const char *modules, const char *folder, const char *work,
			       GError **error)
{
	g_autofree char *shipped = g_build_filename(folder, "modules.dep", NULL);
	g_autofree char *version = g_path_get_basename(folder);
	g_autofree char *made = g_build_filename(work, "lib/modules", version, "modules.dep", NULL);
	const char *const argv[] = { "depmod", "-b", modules, "-o", work, version, NULL };
	char *text = NULL;

	if (g_file_test(shipped, G_FILE_TEST_EXISTS))
		return g_file_get_contents(shipped, &text, NULL, error) ? text : NULL;
	if (!tool_run(argv, NULL, NULL, NULL, NULL, error))
		return NULL;
	return g_file_get_contents(made, &text, NULL, error) ? text : NULL;
}

static gboolean add_module_file(struct cpio *c, GHashTable *added, const char *folder,
				const char *path, GString *order, GError **error)
{
	g_autofree char *file = plain_file_name(path);
	g_autofree char *guest_path = g_build_filename("lib/modules", file, NULL);
	g_autofree char *host_path = g_build_filename(folder, path, NULL);
	g_autoptr(GBytes) elf = NULL;

	g_string_append_printf(order, " %s", file);
	if (g_hash_table_contains(added, file))
		return TRUE;
	elf = read_module(host_path, error);
	if (!elf)
		return FALSE;
	cpio_add_data(c, guest_path, 0644, g_bytes_get_data(elf, NULL), g_bytes_get_size(elf));
	g_hash_table_add(added, g_steal_pointer(&file));
	return TRUE;
}

/* @line of modules.dep: "PATH: NEEDED1 NEEDED2"; load order is right to left, PATH last. */
static gboolean add_module(struct cpio *c, GHashTable *added, const char *folder, const char *line,
			   GString *order, GError **error)
{
	g_auto(GStrv) paths = g_strsplit_set(line, " :", -1);
	g_autofree char *name = module_name(paths[0]);

	g_string_append(order, name);
	for (guint i = g_strv_length(paths); i-- > 0;)
		if (*paths[i] && !add_module_file(c, added, folder, paths[i], order, error))
			return FALSE;
	g_string_append_c(order, '\n');
	return TRUE;
}

gboolean image_add_modules(struct cpio *c, const char *modules, const char *work, GError **error)
{
	g_autoptr(GHashTable) added = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) order = g_string_new(NULL);
	g_autofree char *folder = version_folder(modules, error);
	g_autofree char *text = folder ? read_dependencies(modules, folder, work, error) : NULL;
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

	for (char **line = lines; line && *line; line++) {
		g_autofree char *path = g_strndup(*line, strcspn(*line, ":"));
		g_autofree char *name = module_name(path);

		if (g_strv_contains(wanted, name) &&
		    !add_module(c, added, folder, *line, order, error))
			return FALSE;
	}
	if (!lines)
		return FALSE;
	cpio_add_data(c, "lib/modules/order", 0644, order->str, order->len);
	return TRUE;
}
