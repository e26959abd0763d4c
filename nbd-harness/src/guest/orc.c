// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's tables do not change once it has booted: they are copied once
 * (4 MiB in Debian's 6.12), the modules' for each snapshot.  Searching them in
 * our memory is a hundred times faster than through the guest's page tables,
 * and a table that the guest damages while we search can't lead us astray.
 *
 * Limits: dynamic ftrace trampolines and BPF programs have no rule.
 */
#include "guest/orc.h"

#include <string.h>

#define ENTRIES_MAX    (8u << 20) /* of all tables; Debian's 6.12 has 440,000 */
#define MODULES_MAX    4096
#define ENTRY_BYTES    6 /* of struct orc_entry, as the BTF has to confirm */
#define TEXT_MAX_BYTES (256u << 20)

/* A member of struct orc_entry: @width bits from bit @first of the entry on. */
struct bits {
	guint first, width;
};

struct format {
	struct bits sp_offset, bp_offset, sp_reg, bp_reg, type;
	struct bits signal, end; /* may be of no width: this kernel has none */
};

struct table {
	guint64 text, text_end; /* what it covers */
	guint64 ip_address;	/* of ip[0] in the guest */
	guint n;		/* not 0 */
	gint32 *ip;
	guint8 *entries; /* n * ENTRY_BYTES */
};

struct orc {
	const struct guest *g;
	struct format format;
	struct table kernel;
	GArray *modules;	    /* of struct table */
	guint text_base, text_size; /* offsets in struct module; 0: not known */
};

static gboolean find_bits(const struct types *types, const char *name, struct bits *bits)
{
	struct types_bits found;

	if (!types_bits(types, "orc_entry", name, &found, NULL) || found.offset >= ENTRY_BYTES ||
	    found.offset * 8 + found.shift + found.width > ENTRY_BYTES * 8)
		return FALSE;
	*bits = (struct bits){ found.offset * 8 + found.shift, found.width };
	return TRUE;
}

static gboolean find_format(const struct types *types, struct format *f)
{
	gboolean signal = find_bits(types, "signal", &f->signal); /* since 6.3 */
	gboolean end = find_bits(types, "end", &f->end);	  /* until 6.3 */

	return types_struct_bytes(types, "orc_entry") == ENTRY_BYTES &&
	       find_bits(types, "sp_offset", &f->sp_offset) &&
	       find_bits(types, "bp_offset", &f->bp_offset) &&
	       find_bits(types, "sp_reg", &f->sp_reg) && find_bits(types, "bp_reg", &f->bp_reg) &&
	       find_bits(types, "type", &f->type) && (signal || end);
}

static void table_clear(gpointer data)
{
	struct table *t = data;

	g_clear_pointer(&t->ip, g_free);
	g_clear_pointer(&t->entries, g_free);
}

/* Copy @n entries; @t->ip is NULL when that fails. */
static gboolean table_read(const struct guest *g, struct table *t, guint64 ip_address,
			   guint64 entries_address, guint64 n)
{
	if (!n || n > ENTRIES_MAX)
		return FALSE;
	t->ip_address = ip_address;
	t->n = n;
	t->ip = g_new(gint32, n);
	t->entries = g_malloc(n * ENTRY_BYTES);
	if (guest_read(g, ip_address, t->ip, n * sizeof(*t->ip)) &&
	    guest_read(g, entries_address, t->entries, n * ENTRY_BYTES))
		return TRUE;
	table_clear(t);
	return FALSE;
}

static guint64 table_ip(const struct table *t, guint i)
{
	return t->ip_address + i * sizeof(gint32) + (gint64)t->ip[i];
}

static gboolean read_kernel(struct orc *o)
{
	const struct symbols *s = o->g->symbols;
	guint64 ip = symbols_address(s, "__start_orc_unwind_ip");
	guint64 ip_end = symbols_address(s, "__stop_orc_unwind_ip");
	guint64 entries = symbols_address(s, "__start_orc_unwind");

	if (!ip || !entries || ip_end <= ip ||
	    !table_read(o->g, &o->kernel, ip, entries, (ip_end - ip) / sizeof(gint32)))
		return FALSE;
	o->kernel.text = table_ip(&o->kernel, 0);
	o->kernel.text_end = table_ip(&o->kernel, o->kernel.n - 1);
	return TRUE;
}

static void find_module_text(struct orc *o)
{
	const struct layout *at = &o->g->at;
	gint64 text = types_enumerator(o->g->types, "mod_mem_type", "MOD_TEXT");

	if (at->module_mem != LAYOUT_NONE && text >= 0) {
		guint offset =
			at->module_mem + text * types_struct_bytes(o->g->types, "module_memory");

		o->text_base = offset + at->module_memory_base;
		o->text_size = offset + at->module_memory_size;
	} else if (at->module_core_base != LAYOUT_NONE) {
		o->text_base = at->module_core_base;
		o->text_size = at->module_core_size;
	}
}

struct orc *orc_new(const struct guest *g)
{
	struct orc *o = g_new0(struct orc, 1);

	o->g = g;
	o->modules = g_array_new(FALSE, TRUE, sizeof(struct table));
	g_array_set_clear_func(o->modules, table_clear);
	if (find_format(g->types, &o->format) && read_kernel(o)) {
		find_module_text(o);
		return o;
	}
	orc_free(o);
	return NULL;
}

void orc_free(struct orc *o)
{
	if (!o)
		return;
	table_clear(&o->kernel);
	g_array_unref(o->modules);
	g_free(o);
}

/* Where the code of @module lies that is left after its initialization. */
static gboolean read_text(const struct orc *o, guint64 module, struct table *t)
{
	guint32 bytes;

	if (!o->text_base || !guest_u64(o->g, module + o->text_base, &t->text) ||
	    !guest_u32(o->g, module + o->text_size, &bytes) || bytes > TEXT_MAX_BYTES)
		return FALSE;
	t->text_end = t->text + bytes;
	return guest_is_pointer(t->text);
}

static guint64 modules_entries(const struct orc *o)
{
	guint64 n = 0;

	for (guint i = 0; i < o->modules->len; i++)
		n += g_array_index(o->modules, struct table, i).n;
	return n;
}

static gboolean read_module(const struct guest *g, guint64 module, gpointer data)
{
	struct orc *o = data;
	struct table t = { 0 };
	guint64 ip, entries;
	guint32 n;

	if (guest_u64(g, module + g->at.module_orc_ip, &ip) &&
	    guest_u64(g, module + g->at.module_orc, &entries) &&
	    guest_u32(g, module + g->at.module_orcs, &n) && read_text(o, module, &t) &&
	    n <= ENTRIES_MAX - MIN(modules_entries(o), ENTRIES_MAX) &&
	    table_read(g, &t, ip, entries, n))
		g_array_append_val(o->modules, t);
	return TRUE; /* one that is being loaded has no table yet */
}

void orc_read_modules(struct orc *o)
{
	const struct layout *at = &o->g->at;
	guint64 modules = symbols_address(o->g->symbols, "modules");

	g_array_set_size(o->modules, 0);
	if (modules && at->module_list != LAYOUT_NONE && at->module_orcs != LAYOUT_NONE)
		guest_list(o->g, modules, at->module_list, MODULES_MAX, read_module, o);
}

/*
 * The last entry at or below @ip; -1: none.  Of several for one address the
 * last counts, the others end what lies before them.  An unsorted table gives
 * a wrong entry, never one out of bounds.
 */
static gint64 table_find(const struct table *t, guint64 ip)
{
	guint low = 0, high = t->n;

	while (low < high) {
		guint mid = low + (high - low) / 2;

		if (table_ip(t, mid) <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	return (gint64)low - 1;
}

static guint unsigned_bits(guint64 entry, struct bits f)
{
	return (entry >> f.first) & ((1ull << f.width) - 1);
}

static gint signed_bits(guint64 entry, struct bits f)
{
	return (gint64)(entry << (64 - f.first - f.width)) >> (64 - f.width);
}

/* Before 6.4 the types were numbered otherwise, and "end" told the end from the unknown. */
static enum orc_type old_type(guint type, guint sp_reg, gboolean end)
{
	static const enum orc_type types[] = { ORC_CALL, ORC_REGS, ORC_REGS_PARTIAL };

	if (sp_reg == ORC_REG_UNDEFINED)
		return end ? ORC_END_OF_STACK : ORC_UNDEFINED;
	return type < G_N_ELEMENTS(types) ? types[type] : ORC_UNDEFINED;
}

static void decode(const struct format *f, const guint8 *bytes, struct orc_rule *r)
{
	guint64 entry = 0;

	memcpy(&entry, bytes, ENTRY_BYTES);
	r->sp_offset = signed_bits(entry, f->sp_offset);
	r->bp_offset = signed_bits(entry, f->bp_offset);
	r->sp_reg = unsigned_bits(entry, f->sp_reg);
	r->bp_reg = unsigned_bits(entry, f->bp_reg);
	r->type = unsigned_bits(entry, f->type);
	if (f->end.width)
		r->type = old_type(r->type, r->sp_reg, unsigned_bits(entry, f->end));
	if (r->type > ORC_REGS_PARTIAL)
		r->type = ORC_UNDEFINED;
	r->signal = f->signal.width ? unsigned_bits(entry, f->signal) : r->type >= ORC_REGS;
}

static const struct table *table_of(const struct orc *o, guint64 ip)
{
	if (ip >= o->kernel.text && ip < o->kernel.text_end)
		return &o->kernel;
	for (guint i = 0; i < o->modules->len; i++) {
		const struct table *t = &g_array_index(o->modules, struct table, i);

		if (ip >= t->text && ip < t->text_end)
			return t;
	}
	return NULL;
}

gboolean orc_find(const struct orc *o, guint64 ip, struct orc_rule *rule)
{
	const struct table *t = table_of(o, ip);
	gint64 i = t ? table_find(t, ip) : -1;

	if (i < 0)
		return FALSE;
	decode(&o->format, t->entries + i * ENTRY_BYTES, rule);
	return TRUE;
}
