// SPDX-License-Identifier: GPL-2.0-only
#include "guest/guest.h"

#include <string.h>

#include "base/error.h"

/* arch/x86/include/asm/page_64_types.h: constant in every supported version. */
#define START_KERNEL_MAP   0xffffffff80000000ull
#define KERNEL_IMAGE_BYTES (1ull << 30)
#define DIRECT_MAP_4LEVEL  0xffff888000000000ull
#define DIRECT_MAP_5LEVEL  0xff11000000000000ull

#define PTE_PRESENT	   1ull
#define PTE_HUGE	   (1ull << 7)
#define PTE_ADDRESS	   0x000ffffffffff000ull

#define BANNER_BYTES	   512
#define NOTES_MAX_BYTES	   4096

static gboolean walk_tables(const struct guest *g, guint64 vaddr, guint64 *paddr)
{
	guint64 table = g->top_table;

	for (int shift = g->five_levels ? 48 : 39; shift >= 12; shift -= 9) {
		guint64 entry;

		if (!guest_memory_read(g->memory, table + ((vaddr >> shift) & 511) * 8, &entry,
				       8) ||
		    !(entry & PTE_PRESENT))
			return FALSE;
		table = entry & PTE_ADDRESS;
		if (shift == 12 || (shift < 39 && (entry & PTE_HUGE))) {
			guint64 mask = (1ull << shift) - 1;

			*paddr = (table & ~mask) | (vaddr & mask);
			return TRUE;
		}
	}
	return FALSE;
}

gboolean guest_translate(const struct guest *g, guint64 vaddr, guint64 *paddr)
{
	if (vaddr - g->direct_map < guest_memory_end(g->memory)) {
		*paddr = vaddr - g->direct_map;
		return TRUE;
	}
	if (vaddr - START_KERNEL_MAP < KERNEL_IMAGE_BYTES && !g->top_table) {
		*paddr = vaddr - START_KERNEL_MAP + g->phys_base;
		return TRUE;
	}
	return walk_tables(g, vaddr, paddr);
}

void guest_allow_reads(const struct guest *g, guint64 reads)
{
	if (g->reads_left)
		*g->reads_left = reads;
}

/* Failures count as well: they cost as much. */
static gboolean may_read(const struct guest *g)
{
	if (!g->reads_left)
		return TRUE;
	if (!*g->reads_left)
		return FALSE;
	--*g->reads_left;
	return TRUE;
}

gboolean guest_read(const struct guest *g, guint64 vaddr, void *to, gsize bytes)
{
	guint8 *out = to;

	while (bytes) {
		gsize here = MIN(bytes, GUEST_PAGE_BYTES - (vaddr & (GUEST_PAGE_BYTES - 1)));
		guint64 paddr;

		if (!may_read(g) || !guest_translate(g, vaddr, &paddr) ||
		    !guest_memory_read(g->memory, paddr, out, here))
			return FALSE;
		vaddr += here;
		out += here;
		bytes -= here;
	}
	return TRUE;
}

static void make_printable(char *text)
{
	for (char *c = text; *c; c++) {
		if (!g_ascii_isprint(*c))
			*c = '?';
	}
}

gboolean guest_read_text(const struct guest *g, guint64 vaddr, char *to, gsize bytes)
{
	if (!guest_read(g, vaddr, to, bytes - 1))
		return FALSE;
	to[bytes - 1] = '\0';
	make_printable(to);
	return TRUE;
}

guint64 guest_percpu_pointer(const struct guest *g, guint cpu, guint hot_member, const char *name)
{
	guint64 hot = symbols_address(g->symbols, "pcpu_hot");
	guint64 variable = hot && hot_member != LAYOUT_NONE ? hot + hot_member
							    : symbols_address(g->symbols, name);
	guint64 value;

	return variable && guest_u64(g, variable + g->percpu_offset[cpu], &value) &&
			       guest_is_pointer(value)
		       ? value
		       : 0;
}

gboolean guest_bits(const struct guest *g, guint64 base, const struct types_bits *bits,
		    guint64 *value)
{
	guint64 word = 0;

	if (!bits->width || bits->shift + bits->width > 64 ||
	    !guest_read(g, base + bits->offset, &word, (bits->shift + bits->width + 7) / 8))
		return FALSE;
	word >>= bits->shift;
	*value = bits->width < 64 ? word & ((1ull << bits->width) - 1) : word;
	return TRUE;
}

int guest_list(const struct guest *g, guint64 head, guint offset, guint max, guest_list_fn node,
	       gpointer data)
{
	guint64 at, seen = 0;

	if (!guest_u64(g, head, &at))
		return -1;
	for (guint n = 0, look_again = 1; n <= max; n++) {
		if (at == head)
			return n;
		/* A ring that does not close at its head comes by a node that was noted (Brent). */
		if (at == seen)
			return -1;
		if (n == look_again) {
			look_again *= 2;
			seen = at;
		}
		if (!guest_is_pointer(at) || !node(g, at - offset, data) || !guest_u64(g, at, &at))
			return -1;
	}
	return -1;
}

gboolean guest_is_linked(const struct guest *g, guint64 node)
{
	guint64 next, prev, back, forth;

	return guest_u64(g, node, &next) && guest_u64(g, node + 8, &prev) &&
	       guest_is_pointer(next) && guest_is_pointer(prev) && guest_u64(g, next + 8, &back) &&
	       guest_u64(g, prev, &forth) && back == node && forth == node;
}

static gboolean check_banner(struct guest *g, const char *expected, GError **error)
{
	g_autofree char *banner = g_malloc0(BANNER_BYTES);
	guint64 address;

	if (!symbols_need(g->symbols, "linux_banner", &address, error))
		return FALSE;
	if (!guest_read(g, address, banner, BANNER_BYTES - 1) ||
	    !g_str_has_prefix(banner, "Linux version ")) {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			"guest memory has no kernel banner at linux_banner (0x%" G_GINT64_MODIFIER
			"x): the symbols do not belong to the running kernel; "
			"give the vmlinux of the same build (kernel.vmlinux=, --vmlinux)",
			address);
		return FALSE;
	}
	banner[strcspn(banner, "\n")] = '\0';
	make_printable(banner);
	if (expected &&
	    (strncmp(banner, expected, strlen(banner)) || expected[strlen(banner)] != '\n')) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the vmlinux does not match the running kernel: it says \"%.*s\", the "
			    "guest says \"%s\"; give the vmlinux of the same build "
			    "(kernel.vmlinux=, --vmlinux)",
			    (int)strcspn(expected, "\n"), expected, banner);
		return FALSE;
	}
	g->banner = g_steal_pointer(&banner);
	return TRUE;
}

/* Two builds of one tree may have equal banners, and nearly equal addresses: compare build ids. */
static gboolean check_build_id(struct guest *g, GError **error)
{
	const char *expected = symbols_build_id(g->symbols);
	guint64 start = symbols_address(g->symbols, "__start_notes");
	guint64 end = symbols_address(g->symbols, "__stop_notes");
	guint8 notes[NOTES_MAX_BYTES];
	g_autofree char *id = NULL;

	if (!expected || !start || end <= start || end - start > sizeof(notes))
		return TRUE;
	if (guest_read(g, start, notes, end - start))
		id = symbols_notes_build_id(notes, end - start);
	if (!g_strcmp0(id, expected))
		return TRUE;
	g_set_error(
		error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		"the vmlinux does not match the running kernel: its build id is %s, the "
		"guest's is %s; give the vmlinux of the same build (kernel.vmlinux=, --vmlinux)",
		expected, id ? id : "not where it says");
	return FALSE;
}

/* LA57 is never offered to the guests we start (machine/qemu.c); a core may come from one. */
static void find_levels(struct guest *g)
{
	guint64 variable = symbols_address(g->symbols, "__pgtable_l5_enabled");
	guint32 enabled;

	g->five_levels = variable && guest_u32(g, variable, &enabled) && enabled == 1;
}

static gboolean find_direct_map(struct guest *g, GError **error)
{
	guint64 variable = symbols_address(g->symbols, "page_offset_base");

	g->direct_map = g->five_levels ? DIRECT_MAP_5LEVEL : DIRECT_MAP_4LEVEL;
	if (variable &&
	    (!guest_u64(g, variable, &g->direct_map) || !guest_is_pointer(g->direct_map))) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "page_offset_base in guest memory is not an address; has the kernel "
			    "booted?");
		return FALSE;
	}
	return TRUE;
}

static gboolean find_percpu(struct guest *g, guint cpus, GError **error)
{
	guint64 table, number = symbols_address(g->symbols, "nr_cpu_ids");

	if (!symbols_need(g->symbols, "__per_cpu_offset", &table, error))
		return FALSE;
	if (!cpus && (!number || !guest_u32(g, number, &cpus)))
		cpus = 1;
	g->cpus = CLAMP(cpus, 1, GUEST_CPUS_MAX);
	if (!guest_read(g, table, g->percpu_offset, g->cpus * sizeof(guint64))) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "cannot read __per_cpu_offset in guest memory");
		return FALSE;
	}
	return TRUE;
}

/* NUMA kernels have node_data[], the others one contig_page_data. */
static gboolean find_nodes(struct guest *g, GError **error)
{
	guint64 single = symbols_address(g->symbols, "contig_page_data"), table;

	if (single) {
		g->node[g->nodes++] = single;
		return TRUE;
	}
	if (!symbols_need(g->symbols, "node_data", &table, error))
		return FALSE;
	for (guint i = 0; i < GUEST_NODES_MAX; i++) {
		guint64 node;

		if (!guest_u64(g, table + i * 8, &node) || !guest_is_pointer(node))
			break;
		g->node[g->nodes++] = node;
	}
	if (!g->nodes)
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			"node_data in guest memory names no memory node; has the kernel booted?");
	return g->nodes > 0;
}

struct guest *guest_open_bare(struct guest_memory *memory, struct symbols *symbols,
			      guint64 phys_base, const char *vmlinux_banner, GError **error)
{
	struct guest *g = g_new0(struct guest, 1);
	guint64 top;

	g->memory = memory;
	g->symbols = symbols;
	g->phys_base = phys_base;
	g->reads_left = g_new(guint64, 1);
	*g->reads_left = G_MAXUINT64;
	g->frame_pointers = !symbols_address(symbols, "__start_orc_unwind_ip");

	if (!check_banner(g, vmlinux_banner, error) || !check_build_id(g, error) ||
	    !symbols_need(symbols, "init_top_pgt", &top, error))
		goto fail;
	find_levels(g);
	if (!find_direct_map(g, error))
		goto fail;
	/* From here on through the page tables: they know also what arithmetic cannot. */
	g->top_table = top - START_KERNEL_MAP + phys_base;
	return g;
fail:
	guest_close(g);
	return NULL;
}

gboolean guest_add_types(struct guest *g, struct types *types, guint cpus, GError **error)
{
	g->types = types;
	return find_percpu(g, cpus, error) && layout_load(&g->at, types, error) &&
	       find_nodes(g, error);
}

struct guest *guest_open(struct guest_memory *memory, struct symbols *symbols, struct types *types,
			 guint cpus, guint64 phys_base, const char *vmlinux_banner, GError **error)
{
	struct guest *g = guest_open_bare(memory, symbols, phys_base, vmlinux_banner, error);

	if (!g) {
		types_free(types);
		return NULL;
	}
	if (guest_add_types(g, types, cpus, error))
		return g;
	guest_close(g);
	return NULL;
}

void guest_close(struct guest *g)
{
	if (!g)
		return;
	guest_memory_free(g->memory);
	symbols_free(g->symbols);
	types_free(g->types);
	g_free(g->banner);
	g_free(g->reads_left);
	g_free(g);
}
