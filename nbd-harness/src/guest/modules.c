// SPDX-License-Identifier: GPL-2.0-only
#include "guest/modules.h"

#include <elf.h>
#include <string.h>

#define MODULES_MAX	  1024
#define SYMBOLS_MAX	  65536
#define STRINGS_MAX_BYTES (4u << 20)
#define BTF_MAX_BYTES	  (16u << 20)
#define NAME_BYTES	  64

/* Where in struct module, mod_kallsyms, btf_module and btf things are. */
struct offsets {
	guint list, name, kallsyms;
	guint symtab, num_symtab, strtab, typetab;
	guint btf_list, btf_owner, btf;
	guint data, data_size;
};

struct walk {
	const struct offsets *at;
	struct types *types;
	GString *symbols; /* as /proc/kallsyms has them */
	guint n;
};

static gboolean find_symbol_offsets(const struct types *t, struct offsets *at)
{
	return types_member(t, "module", "list", &at->list, NULL, NULL) &&
	       types_member(t, "module", "name", &at->name, NULL, NULL) &&
	       types_member(t, "module", "kallsyms", &at->kallsyms, NULL, NULL) &&
	       types_member(t, "mod_kallsyms", "symtab", &at->symtab, NULL, NULL) &&
	       types_member(t, "mod_kallsyms", "num_symtab", &at->num_symtab, NULL, NULL) &&
	       types_member(t, "mod_kallsyms", "strtab", &at->strtab, NULL, NULL) &&
	       types_member(t, "mod_kallsyms", "typetab", &at->typetab, NULL, NULL);
}

static gboolean find_btf_offsets(const struct types *t, struct offsets *at)
{
	return types_member(t, "module", "name", &at->name, NULL, NULL) &&
	       types_member(t, "btf_module", "list", &at->btf_list, NULL, NULL) &&
	       types_member(t, "btf_module", "module", &at->btf_owner, NULL, NULL) &&
	       types_member(t, "btf_module", "btf", &at->btf, NULL, NULL) &&
	       types_member(t, "btf", "data", &at->data, NULL, NULL) &&
	       types_member(t, "btf", "data_size", &at->data_size, NULL, NULL);
}

/* A name that may stand in a line of text. */
static gboolean is_name(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (!g_ascii_isgraph(*c))
			return FALSE;
	}
	return *name != '\0';
}

/* One module's symbol table, as it is kept after initialization. */
struct table {
	Elf64_Sym *symbols;
	char *strings; /* ends with a zero */
	gsize strings_bytes;
	char *types;
	guint32 n;
};

static void table_clear(struct table *t)
{
	g_free(t->symbols);
	g_free(t->strings);
	g_free(t->types);
}
typedef struct table table;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(table, table_clear)

/* The strings lie in one piece, as far as the last of their names reaches. */
static gboolean read_strings(const struct guest *g, guint64 address, struct table *t)
{
	guint32 last = 0;

	for (guint i = 0; i < t->n; i++)
		last = MAX(last, t->symbols[i].st_name);
	if (last > STRINGS_MAX_BYTES)
		return FALSE;
	/* The last one may end with the page. */
	t->strings_bytes = last + MIN(NAME_BYTES, GUEST_PAGE_BYTES - ((address + last) &
								      (GUEST_PAGE_BYTES - 1)));
	t->strings = g_malloc0(t->strings_bytes + 1);
	return guest_read(g, address, t->strings, t->strings_bytes);
}

static gboolean read_table(const struct guest *g, guint64 kallsyms, const struct offsets *at,
			   struct table *t)
{
	guint64 symbols, strings, types;

	if (!guest_u64(g, kallsyms + at->symtab, &symbols) || !guest_is_pointer(symbols) ||
	    !guest_u32(g, kallsyms + at->num_symtab, &t->n) || t->n > SYMBOLS_MAX ||
	    !guest_u64(g, kallsyms + at->strtab, &strings) ||
	    !guest_u64(g, kallsyms + at->typetab, &types))
		return FALSE;
	t->symbols = g_new0(Elf64_Sym, t->n + 1);
	t->types = g_malloc0(t->n + 1);
	return guest_read(g, symbols, t->symbols, t->n * sizeof(Elf64_Sym)) &&
	       guest_read(g, types, t->types, t->n) && read_strings(g, strings, t);
}

static gboolean see_module(const struct guest *g, guint64 module, gpointer data)
{
	struct walk *w = data;
	g_auto(table) t = { 0 };
	char name[NAME_BYTES];
	guint64 kallsyms;

	if (!guest_read_text(g, module + w->at->name, name, sizeof(name)) || !is_name(name) ||
	    !guest_u64(g, module + w->at->kallsyms, &kallsyms) || !guest_is_pointer(kallsyms) ||
	    !read_table(g, kallsyms, w->at, &t))
		return TRUE;
	for (guint i = 0; i < t.n; i++) {
		const char *symbol = t.strings + MIN(t.symbols[i].st_name, t.strings_bytes);

		if (t.symbols[i].st_value && g_ascii_isalpha(t.types[i]) && is_name(symbol))
			g_string_append_printf(w->symbols,
					       "%016" G_GINT64_MODIFIER "x %c %s\t[%s]\n",
					       (guint64)t.symbols[i].st_value, t.types[i], symbol,
					       name);
	}
	return TRUE;
}

static gboolean see_btf(const struct guest *g, guint64 entry, gpointer data)
{
	struct walk *w = data;
	g_autofree guint8 *bytes = NULL;
	guint64 module, btf, at;
	char name[NAME_BYTES];
	guint32 n;

	if (!guest_u64(g, entry + w->at->btf_owner, &module) || !guest_is_pointer(module) ||
	    !guest_read_text(g, module + w->at->name, name, sizeof(name)) ||
	    !guest_u64(g, entry + w->at->btf, &btf) || !guest_is_pointer(btf) ||
	    !guest_u64(g, btf + w->at->data, &at) || !guest_u32(g, btf + w->at->data_size, &n) ||
	    n > BTF_MAX_BYTES)
		return TRUE;
	bytes = g_malloc(n);
	w->n += guest_read(g, at, bytes, n) && types_add_module(w->types, name, bytes, n, NULL);
	return TRUE;
}

guint modules_add(struct guest *g, struct types *types)
{
	struct offsets at;
	g_autoptr(GString) symbols = g_string_new(NULL);
	struct walk w = { &at, types, symbols, 0 };
	guint64 modules = symbols_address(g->symbols, "modules");
	guint64 btfs = symbols_address(g->symbols, "btf_modules");

	if (modules && find_symbol_offsets(types, &at))
		guest_list(g, modules, at.list, MODULES_MAX, see_module, &w);
	if (btfs && find_btf_offsets(types, &at))
		guest_list(g, btfs, at.btf_list, MODULES_MAX, see_btf, &w);
	symbols_add_kallsyms(g->symbols, symbols->str, symbols->len);
	return w.n;
}
