// SPDX-License-Identifier: GPL-2.0-only
#include "guest/kallsyms.h"

#include <string.h>

#include "base/error.h"
#include "guest/vmcoreinfo.h"

/*
 * kernel/kallsyms.c, 6.0 to 6.12:  names[] is a stream of symbols, each a length
 * (one byte, or two if the first has its top bit set) and so many indices of
 * tokens; a token is a piece of text.  The first letter of the whole is the
 * symbol's type.  offsets[] are the addresses, in the same order.
 */
#define SYMBOLS_MAX	 (1u << 20)
#define NAMES_MAX_BYTES	 (32u << 20)
#define TOKENS		 256
#define TOKENS_MAX_BYTES 65536u
#define SYMBOL_MAX_BYTES 512u

struct tables {
	guint32 n;
	guint64 relative_base;
	gint32 *offsets;
	guint8 *names;
	gsize names_bytes;
	char *tokens;
	gsize tokens_bytes;
	guint16 index[TOKENS];
	gboolean percpu_absolute; /* offsets from 0 on are not relative */
};

static void tables_clear(struct tables *t)
{
	g_free(t->offsets);
	g_free(t->names);
	g_free(t->tokens);
}
typedef struct tables tables;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(tables, tables_clear)

/* @bytes at @address, followed by a zero; NULL when they cannot be read.  Caller frees. */
static void *read_all(const struct guest *g, guint64 address, gsize bytes)
{
	g_autofree guint8 *data = g_malloc0(bytes + 1);

	return guest_read(g, address, data, bytes) ? g_steal_pointer(&data) : NULL;
}

static gboolean read_tables(const struct guest *g, const char *info, struct tables *t)
{
	guint64 n = vmcoreinfo_symbol(info, "kallsyms_num_syms");
	guint64 names = vmcoreinfo_symbol(info, "kallsyms_names");
	guint64 tokens = vmcoreinfo_symbol(info, "kallsyms_token_table");
	guint64 index = vmcoreinfo_symbol(info, "kallsyms_token_index");
	guint64 offsets = vmcoreinfo_symbol(info, "kallsyms_offsets");
	guint64 base = vmcoreinfo_symbol(info, "kallsyms_relative_base");

	/* Each lies behind the one before, from names[] on: their distances bound their sizes. */
	if (!guest_u32(g, n, &t->n) || !t->n || t->n > SYMBOLS_MAX ||
	    !guest_u64(g, base, &t->relative_base) || tokens - names > NAMES_MAX_BYTES ||
	    index - tokens > TOKENS_MAX_BYTES || !guest_read(g, index, t->index, sizeof(t->index)))
		return FALSE;
	t->names_bytes = tokens - names;
	t->tokens_bytes = index - tokens;
	t->names = read_all(g, names, t->names_bytes);
	t->tokens = read_all(g, tokens, t->tokens_bytes);
	t->offsets = read_all(g, offsets, t->n * sizeof(gint32));
	return t->names && t->tokens && t->offsets;
}

/* CONFIG_KALLSYMS_ABSOLUTE_PERCPU: everything but per-CPU variables counts downwards from the base.
 */
static void look_at_offsets(struct tables *t)
{
	guint negative = 0;

	for (guint i = 0; i < t->n; i++)
		negative += t->offsets[i] < 0;
	t->percpu_absolute = negative > t->n / 2;
}

static guint64 address_of(const struct tables *t, guint i)
{
	if (!t->percpu_absolute)
		return t->relative_base + (guint32)t->offsets[i];
	if (t->offsets[i] >= 0)
		return t->offsets[i];
	return t->relative_base - 1 - (gint64)t->offsets[i];
}

/* The symbol that begins at @at of the stream, type first; 0: the stream is broken, else where the
 * next one begins. */
static gsize expand(const struct tables *t, gsize at, GString *symbol)
{
	gsize length;

	g_string_truncate(symbol, 0);
	if (at >= t->names_bytes)
		return 0;
	length = t->names[at++];
	if (length & 0x80) /* names[] is followed by a zero: there is a next byte */
		length = (length & 0x7f) | (gsize)t->names[at++] << 7;
	if (!length || length > t->names_bytes - MIN(at, t->names_bytes))
		return 0;
	for (gsize i = 0; i < length; i++) {
		guint16 token = t->index[t->names[at + i]];

		if (token >= t->tokens_bytes || symbol->len > SYMBOL_MAX_BYTES)
			return 0;
		g_string_append(symbol, t->tokens + token);
	}
	return at + length;
}

static gboolean is_symbol(const GString *symbol)
{
	for (gsize i = 0; i < symbol->len; i++) {
		if (!g_ascii_isgraph(symbol->str[i]))
			return FALSE;
	}
	return symbol->len > 1;
}

gboolean kallsyms_of_kernel(const struct guest *g, const char *vmcoreinfo, GString *out,
			    GError **error)
{
	g_auto(tables) t = { 0 };
	g_autoptr(GString) symbol = g_string_new(NULL);
	gsize at = 0;

	if (!vmcoreinfo_symbol(vmcoreinfo, "kallsyms_names")) {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			"its VMCOREINFO does not say where its symbols are (as Linux does from 6.0 "
			"on, with CONFIG_KALLSYMS); give its vmlinux (--vmlinux)");
		return FALSE;
	}
	if (!read_tables(g, vmcoreinfo, &t))
		goto broken;
	look_at_offsets(&t);
	for (guint i = 0; i < t.n; i++) {
		at = expand(&t, at, symbol);
		if (!at || !is_symbol(symbol))
			goto broken;
		g_string_append_printf(out, "%016" G_GINT64_MODIFIER "x %c %s\n", address_of(&t, i),
				       symbol->str[0], symbol->str + 1);
	}
	return TRUE;
broken:
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		    "the symbol tables in its memory (kallsyms_names, ...) make no sense; give its "
		    "vmlinux (--vmlinux)");
	return FALSE;
}
