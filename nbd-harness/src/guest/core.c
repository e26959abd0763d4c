// SPDX-License-Identifier: GPL-2.0-only
#include "guest/core.h"

#include "guest/memory_elf.h"
#include "guest/vmcoreinfo.h"

/* FALSE: nobody says where the kernel lies. */
static gboolean locate(const struct guest_memory *memory, const char *note, struct vmcoreinfo *v)
{
	return (note && vmcoreinfo_parse(note, v)) || vmcoreinfo_search(memory, v);
}

struct guest *core_open(const char *path, const char *vmlinux, GError **error)
{
	g_autofree char *note = NULL, *banner = NULL;
	struct guest_memory *memory = memory_elf_open(path, &note, error);
	struct symbols *symbols = memory ? symbols_from_vmlinux(vmlinux, error) : NULL;
	struct types *types = symbols ? types_from_vmlinux(vmlinux, error) : NULL;
	struct vmcoreinfo info = { 0 };
	struct guest *g;

	if (!types) {
		guest_memory_free(memory);
		symbols_free(symbols);
		return NULL;
	}

	gboolean located = locate(memory, note, &info);

	symbols_shift(symbols, info.kernel_offset);
	banner = symbols_vmlinux_banner(vmlinux);
	g = guest_open(memory, symbols, types, 0, info.phys_base, banner, error);
	if (!g && !located)
		g_prefix_error(error,
			       "%s says nowhere where its kernel lies (no VMCOREINFO), and "
			       "it is not where it was linked to: ",
			       path);
	else if (!g)
		g_prefix_error(error, "%s: ", path);
	vmcoreinfo_clear(&info);
	return g;
}
