// SPDX-License-Identifier: GPL-2.0-only
#include "run/open.h"

#include <board.h>
#include <string.h>

#include "base/error.h"
#include "guest/vmcoreinfo.h"

#define SYSFS_BYTES 64 /* of /sys/kernel/vmcoreinfo: "address size" */

const void *open_blob(const struct board *board, const char *name, gsize *bytes)
{
	for (guint i = 0; i < MIN(board->blobs_used, BOARD_BLOBS); i++) {
		const struct board_blob *blob = &board->blobs[i];
		guint64 offset = blob->offset, size = blob->bytes;

		if (strncmp(blob->name, name, sizeof(blob->name)) || !size ||
		    offset > BOARD_BYTES || size > BOARD_BYTES - offset)
			continue;
		*bytes = size;
		return (const guint8 *)board + offset;
	}
	return NULL;
}

char *open_text(const char *field, gsize bytes)
{
	char *text = g_strndup(field, bytes);

	for (char *c = text; *c; c++) {
		if (!g_ascii_isprint(*c))
			*c = '?';
	}
	return text;
}

/* Every blob btf/MODULE. */
static gboolean add_modules(const struct board *board, struct types *types, GError **error)
{
	for (guint i = 0; i < MIN(board->blobs_used, BOARD_BLOBS); i++) {
		g_autofree char *name =
			open_text(board->blobs[i].name, sizeof(board->blobs[i].name));
		gsize bytes;
		const void *btf = g_str_has_prefix(name, "btf/") ? open_blob(board, name, &bytes)
								 : NULL;

		if (btf && strcmp(name, "btf/vmlinux") &&
		    !types_add_module(types, name + strlen("btf/"), btf, bytes, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean load_from_blobs(const struct board *board, struct symbols **symbols,
				struct types **types, GError **error)
{
	gsize kallsyms_bytes, btf_bytes;
	const void *kallsyms = open_blob(board, "kallsyms", &kallsyms_bytes);
	const void *btf = open_blob(board, "btf/vmlinux", &btf_bytes);

	if (!kallsyms || !btf) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the guest handed over no %s, and there is no vmlinux; give "
			    "kernel.vmlinux=, or a kernel with CONFIG_KALLSYMS_ALL=y and "
			    "CONFIG_DEBUG_INFO_BTF=y",
			    kallsyms ? "BTF" : "kallsyms");
		return FALSE;
	}
	*symbols = symbols_from_kallsyms(kallsyms, kallsyms_bytes, error);
	*types = *symbols ? types_from_blob(btf, btf_bytes, error) : NULL;
	return *types && add_modules(board, *types, error);
}

static gboolean load(const struct board *board, const char *vmlinux, struct symbols **symbols,
		     struct types **types, GError **error)
{
	if (!vmlinux)
		return load_from_blobs(board, symbols, types, error);
	*symbols = symbols_from_vmlinux(vmlinux, error);
	*types = *symbols ? types_from_vmlinux(vmlinux, error) : NULL;
	return *types != NULL;
}

struct guest *open_guest(const struct open_source *from, char **note, GError **error)
{
	struct guest_memory *memory = guest_memory_map(from->ram_fd, from->memory_bytes, error);
	struct symbols *symbols = NULL;
	struct types *types = NULL;
	struct vmcoreinfo info = { 0 };
	gsize bytes;
	const char *blob = open_blob(from->board, "vmcoreinfo", &bytes);
	g_autofree char *sysfs = blob ? g_strndup(blob, MIN(bytes, SYSFS_BYTES)) : NULL;
	g_autofree char *banner = NULL;

	if (!memory)
		return NULL;
	if ((sysfs && !vmcoreinfo_read(memory, sysfs, &info, error)) ||
	    !load(from->board, from->vmlinux, &symbols, &types, error)) {
		guest_memory_free(memory);
		symbols_free(symbols);
		types_free(types);
		vmcoreinfo_clear(&info);
		return NULL;
	}
	*note = info.text;
	if (from->vmlinux)
		banner = symbols_vmlinux_banner(from->vmlinux);
	return guest_open(memory, symbols, types, from->cpus, info.phys_base, banner, error);
}
