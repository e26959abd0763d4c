// SPDX-License-Identifier: GPL-2.0-only
/* Symbols and types from a kernel's own memory: its compressed tables, whole and broken, and what
 * its modules add. */
#include "guest/kallsyms.h"

#include <bpf/btf.h>
#include <elf.h>
#include <string.h>

#include "base/error.h"
#include "fake_guest.h"
#include "guest/modules.h"

#define BASE 0xffffffff81000000ull

/* --- the kernel's tables ----------------------------------------------- */

/* As VMCOREINFO names them; each token is the one character that is its number. */
struct fake_tables {
	guint64 n, base, names, tokens, index, offsets;
	char *info;
};

static const struct {
	const char *name; /* type first */
	gint32 offset;	  /* from BASE, downwards by one more; from 0 on: absolute */
} symbols[] = {
	{ "Dper_cpu_thing", 0x1234 },	    { "T_text", -1 },
	{ "tdo_things", -0x101 },	    { "dthings.0", -0x2000001 },
	{ "Tdo_other_things", -0x201 },	    { "Tdo_nothing", -0x301 },
	{ "Bthings_of_all_kinds", -0x401 }, { "tx", -0x501 },
};

/* One more than a length of one byte can tell. */
#define LONG_NAME_BYTES 130

static void add_name(GByteArray *stream, const char *name)
{
	gsize length = strlen(name);
	guint8 head[2] = { length > 127 ? (length & 127) | 128 : length, length >> 7 };

	g_byte_array_append(stream, head, length > 127 ? 2 : 1);
	g_byte_array_append(stream, (const guint8 *)name, length);
}

static guint64 put(struct fake_guest *f, const void *data, gsize bytes)
{
	guint64 at = fake_alloc(f, bytes);

	fake_write(f, at, data, bytes);
	return at;
}

static void make_tables(struct fake_guest *f, struct fake_tables *t)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();
	g_autofree char *long_name = g_strnfill(LONG_NAME_BYTES, 't');
	gint32 offsets[G_N_ELEMENTS(symbols) + 1];
	char tokens[512] = "";
	guint16 index[256];
	guint32 n = G_N_ELEMENTS(offsets);
	guint64 base = BASE;

	for (guint i = 0; i < G_N_ELEMENTS(symbols); i++) {
		add_name(stream, symbols[i].name);
		offsets[i] = symbols[i].offset;
	}
	add_name(stream, long_name);
	offsets[n - 1] = -0x601;
	for (guint i = 0; i < 256; i++) {
		tokens[2 * i] = i;
		index[i] = 2 * i;
	}
	t->n = put(f, &n, sizeof(n));
	t->base = put(f, &base, sizeof(base));
	t->names = put(f, stream->data, stream->len);
	t->tokens = put(f, tokens, sizeof(tokens));
	t->index = put(f, index, sizeof(index));
	t->offsets = put(f, offsets, sizeof(offsets));
#define AT(name) "SYMBOL(kallsyms_" #name ")=%" G_GINT64_MODIFIER "x\n"
	t->info = g_strdup_printf("OSRELEASE=6.12\n" AT(num_syms) AT(relative_base) AT(names)
					  AT(token_table) AT(token_index) AT(offsets),
				  t->n, t->base, t->names, t->tokens, t->index, t->offsets);
#undef AT
}

static void test_kernel(void)
{
	g_auto(fake_guest) f = { 0 };
	struct fake_tables t;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *long_name = g_strnfill(LONG_NAME_BYTES - 1, 't');
	g_autoptr(GError) error = NULL;
	struct symbols *s;

	fake_guest_init(&f);
	make_tables(&f, &t);
	g_assert_true(kallsyms_of_kernel(&f.g, t.info, text, &error));
	g_assert_no_error(error);
	s = symbols_from_kallsyms(text->str, text->len, &error);
	g_assert_cmphex(symbols_address(s, "_text"), ==, BASE);
	g_assert_cmphex(symbols_address(s, "do_things"), ==, BASE + 0x100);
	g_assert_cmphex(symbols_address(s, "things.0"), ==, BASE + 0x2000000);
	g_assert_cmphex(symbols_address(s, "per_cpu_thing"), ==, 0x1234);
	g_assert_cmphex(symbols_address(s, long_name), ==, BASE + 0x600);
	symbols_free(s);
	g_free(t.info);
}

static gboolean reads(struct fake_guest *f, const struct fake_tables *t)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	gboolean ok = kallsyms_of_kernel(&f->g, t->info, text, &error);

	if (!ok)
		g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	return ok;
}

static void spoil_count(struct fake_guest *f, const struct fake_tables *t)
{
	fake_u32(f, t->n, G_MAXUINT32);
}

static void spoil_count_by_one(struct fake_guest *f, const struct fake_tables *t)
{
	fake_u32(f, t->n, G_N_ELEMENTS(symbols) + 2);
}

static void spoil_length(struct fake_guest *f, const struct fake_tables *t)
{
	fake_write(f, t->names, "\xff\xff", 2);
}

static void spoil_length_to_zero(struct fake_guest *f, const struct fake_tables *t)
{
	fake_write(f, t->names, "", 1);
}

static void spoil_index(struct fake_guest *f, const struct fake_tables *t)
{
	guint16 far[256];

	memset(far, 0xff, sizeof(far));
	fake_write(f, t->index, far, sizeof(far));
}

static void spoil_token(struct fake_guest *f, const struct fake_tables *t)
{
	char endless[512];

	memset(endless, 'a', sizeof(endless));
	fake_write(f, t->tokens, endless, sizeof(endless));
}

static void spoil_text(struct fake_guest *f, const struct fake_tables *t)
{
	fake_write(f, t->tokens + 2 * '_', "\n", 1);
}

static void test_kernel_broken(void)
{
	static void (*const spoil[])(struct fake_guest *, const struct fake_tables *) = {
		spoil_count, spoil_count_by_one, spoil_length, spoil_length_to_zero,
		spoil_index, spoil_token,	 spoil_text,
	};

	for (guint i = 0; i < G_N_ELEMENTS(spoil); i++) {
		g_auto(fake_guest) f = { 0 };
		struct fake_tables t;

		fake_guest_init(&f);
		make_tables(&f, &t);
		g_assert_true(reads(&f, &t));
		spoil[i](&f, &t);
		g_assert_false(reads(&f, &t));
		g_free(t.info);
	}
}

/* Every address that VMCOREINFO gives may be anything. */
static void test_kernel_wild(void)
{
	g_auto(fake_guest) f = { 0 };
	struct fake_tables t = { .info = g_strdup("OSRELEASE=5.10\n") };

	fake_guest_init(&f);
	g_assert_false(reads(&f, &t));
	g_free(t.info);
	make_tables(&f, &t);

	g_auto(GStrv) lines = g_strsplit(t.info, "\n", -1);

	for (guint i = 1; i < 7; i++) {
		g_autofree char *line = lines[i];
		struct fake_tables wild = { 0 };

		lines[i] = g_strdup_printf("%.*s=ffffffffdeadbeef", (int)strcspn(line, "="), line);
		wild.info = g_strjoinv("\n", lines);
		g_assert_false(reads(&f, &wild));
		g_free(wild.info);
		g_free(lines[i]);
		lines[i] = g_strdup(line);
	}
	g_free(t.info);
}

/* --- modules ----------------------------------------------------------- */

#define MODULE_LIST	0
#define MODULE_NAME	16
#define MODULE_KALLSYMS 80
#define MODULE_BYTES	88

/* The structs that are walked, as small as they can be. */
static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();
	int byte = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	int number = btf__add_int(btf, "unsigned int", 4, 0);
	int pointer = btf__add_ptr(btf, 0);
	int name = btf__add_array(btf, number, byte, 64);
	int list = btf__add_struct(btf, "list_head", 16);

	btf__add_field(btf, "next", pointer, 0, 0);
	btf__add_field(btf, "prev", pointer, 64, 0);
	btf__add_struct(btf, "module", MODULE_BYTES);
	btf__add_field(btf, "list", list, 0, 0);
	btf__add_field(btf, "name", name, MODULE_NAME * 8, 0);
	btf__add_field(btf, "kallsyms", pointer, MODULE_KALLSYMS * 8, 0);
	btf__add_struct(btf, "mod_kallsyms", 32);
	btf__add_field(btf, "symtab", pointer, 0, 0);
	btf__add_field(btf, "num_symtab", number, 64, 0);
	btf__add_field(btf, "strtab", pointer, 128, 0);
	btf__add_field(btf, "typetab", pointer, 192, 0);
	btf__add_struct(btf, "btf_module", 32);
	btf__add_field(btf, "list", list, 0, 0);
	btf__add_field(btf, "module", pointer, 128, 0);
	btf__add_field(btf, "btf", pointer, 192, 0);
	btf__add_struct(btf, "btf", 16);
	btf__add_field(btf, "data", pointer, 0, 0);
	btf__add_field(btf, "data_size", number, 64, 0);
	return btf;
}

static guint64 add_module(struct fake_guest *f, guint64 modules, const char *name)
{
	static const char strings[] = "\0nbd_things\0nbd_do";
	static const char types[] = "?dt";
	Elf64_Sym table[] = { { 0 },
			      { .st_name = 1, .st_value = 0xffffffffc0001000 },
			      { .st_name = 12, .st_value = 0xffffffffc0000000 } };
	guint64 module = fake_alloc(f, MODULE_BYTES), kallsyms = fake_alloc(f, 32);

	fake_write(f, module + MODULE_NAME, name, strlen(name) + 1);
	fake_u64(f, module + MODULE_KALLSYMS, kallsyms);
	fake_u64(f, kallsyms, put(f, table, sizeof(table)));
	fake_u32(f, kallsyms + 8, G_N_ELEMENTS(table));
	fake_u64(f, kallsyms + 16, put(f, strings, sizeof(strings)));
	fake_u64(f, kallsyms + 24, put(f, types, sizeof(types)));
	fake_list_add_tail(f, module + MODULE_LIST, modules);
	return module;
}

static void add_btf(struct fake_guest *f, guint64 btf_modules, guint64 module, struct btf *base)
{
	struct btf *split = btf__new_empty_split(base);
	guint64 entry = fake_alloc(f, 32), btf = fake_alloc(f, 16);
	guint32 bytes;
	const void *raw;

	btf__add_struct(split, "nbd_thing", 8);
	raw = btf__raw_data(split, &bytes);
	fake_u64(f, btf, put(f, raw, bytes));
	fake_u32(f, btf + 8, bytes);
	fake_u64(f, entry + 16, module);
	fake_u64(f, entry + 24, btf);
	fake_list_add_tail(f, entry, btf_modules);
	btf__free(split);
}

struct fake_modules {
	struct fake_guest f;
	struct btf *btf;
	struct types *types;
	guint64 module, btfs;
};

static void make_modules(struct fake_modules *m)
{
	guint64 modules;
	guint32 bytes;
	const void *raw;

	fake_guest_init(&m->f);
	modules = fake_alloc(&m->f, 16);
	m->btfs = fake_alloc(&m->f, 16);
	fake_list_init(&m->f, modules);
	fake_list_init(&m->f, m->btfs);
	fake_symbol(&m->f, "modules", 'd', modules);
	fake_symbol(&m->f, "btf_modules", 'd', m->btfs);
	m->btf = make_btf();
	raw = btf__raw_data(m->btf, &bytes);
	m->types = types_from_blob(raw, bytes, NULL);
	m->module = add_module(&m->f, modules, "nbd");
	add_btf(&m->f, m->btfs, m->module, m->btf);
}

static void clear_modules(struct fake_modules *m)
{
	types_free(m->types);
	btf__free(m->btf);
	fake_guest_clear(&m->f);
}

static void test_modules(void)
{
	struct fake_modules m = { 0 };
	guint offset;

	make_modules(&m);
	g_assert_cmpuint(modules_add(&m.f.g, m.types), ==, 1);
	g_assert_cmphex(symbols_address(m.f.g.symbols, "nbd_things"), ==, 0xffffffffc0001000);
	g_assert_cmpstr(symbols_function(m.f.g.symbols, 0xffffffffc0000004, &offset), ==, "nbd_do");
	g_assert_cmpuint(types_struct_bytes(m.types, "nbd_thing"), ==, 8);
	clear_modules(&m);
}

/* What a module says of itself may be anything; it is left out then. */
static void test_modules_broken(void)
{
	static const guint64 wild[] = { 0, 1, FAKE_WILD, G_MAXUINT64 };

	for (guint i = 0; i < G_N_ELEMENTS(wild); i++) {
		for (guint at = 0; at < 32; at += 8) {
			struct fake_modules m = { 0 };
			guint64 kallsyms, entry, btf;

			make_modules(&m);
			g_assert_true(guest_u64(&m.f.g, m.module + MODULE_KALLSYMS, &kallsyms));
			g_assert_true(guest_u64(&m.f.g, m.btfs, &entry));
			g_assert_true(guest_u64(&m.f.g, entry + 24, &btf));
			fake_u64(&m.f, kallsyms + at, wild[i]);
			fake_u64(&m.f, btf + at % 16, wild[i]);
			g_assert_cmpuint(modules_add(&m.f.g, m.types), ==, 0);
			clear_modules(&m);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kallsyms/kernel", test_kernel);
	g_test_add_func("/kallsyms/kernel-broken", test_kernel_broken);
	g_test_add_func("/kallsyms/kernel-wild", test_kernel_wild);
	g_test_add_func("/kallsyms/modules", test_modules);
	g_test_add_func("/kallsyms/modules-broken", test_modules_broken);
	return g_test_run();
}
