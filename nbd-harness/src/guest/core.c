// SPDX-License-Identifier: GPL-2.0-only
#include "guest/core.h"

#include "base/error.h"
#include "guest/kallsyms.h"
#include "guest/memory_elf.h"
#include "guest/modules.h"
#include "guest/vmcoreinfo.h"

#define BTF_MAX_BYTES (64u << 20)

struct opening {
	const char *path, *vmlinux; /* the latter may be NULL */
	struct guest_memory *memory;
	struct memory_elf_notes notes;
	struct vmcoreinfo info;
	gboolean located; /* somebody said where the kernel lies */
	struct symbols *symbols;
	struct types *types;
};

static void opening_clear(struct opening *o)
{
	guest_memory_free(o->memory);
	symbols_free(o->symbols);
	types_free(o->types);
	memory_elf_notes_clear(&o->notes);
	vmcoreinfo_clear(&o->info);
}
typedef struct opening opening;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(opening, opening_clear)

static gboolean open_memory(struct opening *o, GError **error)
{
	o->memory = memory_elf_open(o->path, &o->notes, error);
	if (!o->memory)
		return FALSE;
	o->located = (o->notes.vmcoreinfo && vmcoreinfo_parse(o->notes.vmcoreinfo, &o->info)) ||
		     vmcoreinfo_search(o->memory, &o->info);
	if (o->located || o->vmlinux)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		    "it has no VMCOREINFO, so nobody says where its symbols are; give its vmlinux "
		    "(--vmlinux)");
	return FALSE;
}

static gboolean load_vmlinux(struct opening *o, GError **error)
{
	o->symbols = symbols_from_vmlinux(o->vmlinux, error);
	o->types = o->symbols ? types_from_vmlinux(o->vmlinux, error) : NULL;
	if (!o->types)
		return FALSE;
	symbols_shift(o->symbols, o->info.kernel_offset);
	return TRUE;
}

/* The kernel's BTF, as it lies in its image. */
static struct types *read_types(const struct guest *g, const struct symbols *symbols,
				GError **error)
{
	guint64 start, stop;
	g_autofree guint8 *data = NULL;

	if (!symbols_need(symbols, "__start_BTF", &start, error) ||
	    !symbols_need(symbols, "__stop_BTF", &stop, error))
		return NULL;
	if (stop - start <= BTF_MAX_BYTES) {
		data = g_malloc(stop - start);
		if (guest_read(g, start, data, stop - start))
			return types_from_blob(data, stop - start, error);
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		    "the BTF in its memory cannot be read; give its vmlinux (--vmlinux)");
	return NULL;
}

static gboolean load_memory(struct opening *o, GError **error)
{
	/* The image lies in one piece: no page tables are needed to read it. */
	struct guest image = { .memory = o->memory, .phys_base = o->info.phys_base };
	g_autoptr(GString) text = g_string_new(NULL);

	if (!kallsyms_of_kernel(&image, o->info.text, text, error))
		return FALSE;
	o->symbols = symbols_from_kallsyms(text->str, text->len, error);
	o->types = o->symbols ? read_types(&image, o->symbols, error) : NULL;
	return o->types != NULL;
}

static struct guest *open_guest_in(struct opening *o, GError **error)
{
	g_autofree char *banner = o->vmlinux ? symbols_vmlinux_banner(o->vmlinux) : NULL;
	struct guest *g;

	if (!open_memory(o, error) || !(o->vmlinux ? load_vmlinux : load_memory)(o, error))
		return NULL;
	g = guest_open_bare(g_steal_pointer(&o->memory), g_steal_pointer(&o->symbols),
			    o->info.phys_base, banner, error);
	if (!g) {
		if (!o->located)
			g_prefix_error(error,
				       "it says nowhere where its kernel lies (no "
				       "VMCOREINFO), and that is not where it was linked to: ");
		return NULL;
	}
	modules_add(g, o->types);
	if (guest_add_types(g, g_steal_pointer(&o->types), 0, error))
		return g;
	guest_close(g);
	return NULL;
}

struct guest *core_open(const char *path, const char *vmlinux, GArray **cpus, GError **error)
{
	g_auto(opening) o = { .path = path, .vmlinux = vmlinux };
	struct guest *g = open_guest_in(&o, error);

	*cpus = g_steal_pointer(&o.notes.cpus);
	/* The others name the file that they mean. */
	if (!g && error && g_error_matches(*error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST))
		g_prefix_error(error, "%s: ", path);
	return g;
}
