// SPDX-License-Identifier: GPL-2.0-only
/* Members in BTF that the test makes: bytes and bits, through anonymous structs, and what is
 * missing. */
#include "guest/types.h"

#include <bpf/btf.h>
#include <string.h>

#include "base/error.h"
#include "fake_guest.h"

/*
 * struct task {
 *	int state;			0
 *	unsigned a:3, in_memstall:1;	bits 32 to 34, 35
 *	signed char priority;		5
 *	struct { int inner; };		8
 *	struct part part;		12: struct part { int x; unsigned y:7; }
 * };
 * and another struct part { int z; int x; }, of a driver of its own
 */
static struct types *make_types(void)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int natural = btf__add_int(btf, "unsigned int", 4, 0);
	int byte = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);

	int part = btf__add_struct(btf, "part", 8);
	btf__add_field(btf, "x", number, 0, 0);
	btf__add_field(btf, "y", natural, 32, 7);

	int anonymous = btf__add_struct(btf, NULL, 4);
	btf__add_field(btf, "inner", number, 0, 0);

	btf__add_struct(btf, "task", 20);
	btf__add_field(btf, "state", number, 0, 0);
	btf__add_field(btf, "a", natural, 32, 3);
	btf__add_field(btf, "in_memstall", natural, 35, 1);
	btf__add_field(btf, "priority", byte, 40, 0);
	btf__add_field(btf, NULL, anonymous, 64, 0);
	btf__add_field(btf, "part", part, 96, 0);

	btf__add_struct(btf, "part", 8);
	btf__add_field(btf, "z", number, 0, 0);
	btf__add_field(btf, "x", number, 32, 0);

	guint32 bytes;
	const void *raw = btf__raw_data(btf, &bytes);
	g_autoptr(GError) error = NULL;
	struct types *t = types_from_blob(raw, bytes, &error);

	g_assert_no_error(error);
	btf__free(btf);
	return t;
}

static void test_same_name(void)
{
	g_autoptr(GError) error = NULL;
	struct types *t = make_types();
	guint offset;

	g_assert_true(types_member(t, "part", "x", &offset, NULL, &error));
	g_assert_cmpuint(offset, ==, 0);
	g_assert_true(types_member(t, "part{z}", "x", &offset, NULL, &error));
	g_assert_cmpuint(offset, ==, 4);
	g_assert_false(types_member(t, "part{q}", "x", &offset, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	types_free(t);
}

/* Made by no compiler: an anonymous struct of itself, many times. */
static void test_nested(void)
{
	struct btf *btf = btf__new_empty();
	int anonymous = btf__add_struct(btf, NULL, 4), count = 60;
	g_autoptr(GError) error = NULL;
	guint32 bytes;
	guint offset;

	for (int i = 0; i < count; i++)
		btf__add_field(btf, NULL, anonymous, 0, 0);
	btf__add_struct(btf, "task", 4);
	btf__add_field(btf, NULL, anonymous, 0, 0);

	const void *raw = btf__raw_data(btf, &bytes);
	struct types *t = types_from_blob(raw, bytes, &error);

	g_assert_no_error(error);
	g_assert_false(types_member(t, "task", "missing", &offset, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	types_free(t);
	btf__free(btf);
}

/* A header of odd length: the types behind it stand where no struct of theirs may. */
static void test_misaligned(void)
{
	struct btf *btf = btf__new_empty();
	g_autoptr(GError) error = NULL;
	g_autofree guint8 *moved = NULL;
	struct btf_header header;
	guint32 bytes;

	btf__add_struct(btf, "task", 4);

	const guint8 *raw = btf__raw_data(btf, &bytes);

	memcpy(&header, raw, sizeof(header));
	moved = g_malloc0(bytes + 1);
	memcpy(moved + header.hdr_len + 1, raw + header.hdr_len, bytes - header.hdr_len);
	header.hdr_len++;
	memcpy(moved, &header, sizeof(header));
	g_assert_null(types_from_blob(moved, bytes + 1, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	btf__free(btf);
}

static void test_member(void)
{
	struct types *t = make_types();
	g_autoptr(GError) error = NULL;
	guint offset, size;

	g_assert_true(types_member(t, "task", "inner", &offset, &size, &error));
	g_assert_cmpuint(offset, ==, 8);
	g_assert_cmpuint(size, ==, 4);
	g_assert_true(types_member(t, "task", "part.x", &offset, NULL, &error));
	g_assert_cmpuint(offset, ==, 12);
	g_assert_no_error(error);
	g_assert_false(types_member(t, "task", "part.z", &offset, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	g_assert_nonnull(strstr(error->message, "struct task with member part.z"));
	types_free(t);
}

/* A module's types come after those of vmlinux, also where they bear the same name. */
static void test_module(void)
{
	struct btf *base = btf__new_empty();
	int number = btf__add_int(base, "int", 4, BTF_INT_SIGNED);

	btf__add_struct(base, "task", 8);
	btf__add_field(base, "state", number, 32, 0);

	struct btf *module = btf__new_empty_split(base);
	guint32 base_bytes, module_bytes;
	g_autoptr(GError) error = NULL;
	guint offset;

	btf__add_struct(module, "task", 16);
	btf__add_field(module, "own", number, 64, 0);
	btf__add_struct(module, "nbd", 16);
	btf__add_field(module, "socks", number, 96, 0);
	btf__add_enum(module, "order", 4);
	btf__add_enum_value(module, "second", 2);

	const void *base_raw = btf__raw_data(base, &base_bytes),
		   *module_raw = btf__raw_data(module, &module_bytes);
	struct types *t = types_from_blob(base_raw, base_bytes, &error);

	g_assert_false(types_member(t, "nbd", "socks", &offset, NULL, NULL));
	g_assert_true(types_add_module(t, "nbd", module_raw, module_bytes, &error));
	g_assert_no_error(error);
	g_assert_true(types_member(t, "nbd", "socks", &offset, NULL, NULL));
	g_assert_cmpuint(offset, ==, 12);
	g_assert_true(types_member(t, "task", "state", &offset, NULL, NULL));
	g_assert_false(types_member(t, "task", "own", &offset, NULL, NULL));
	g_assert_cmpuint(types_struct_bytes(t, "task"), ==, 8);
	g_assert_cmpint(types_enumerator(t, "order", "second"), ==, 2);
	g_assert_cmpint(types_enumerator(t, "task", "second"), ==, -1);
	types_free(t);
	btf__free(module);
	btf__free(base);
}

static void test_bits(void)
{
	struct types *t = make_types();
	g_autoptr(GError) error = NULL;
	struct types_bits bits;

	g_assert_true(types_bits(t, "task", "in_memstall", &bits, &error));
	g_assert_cmpuint(bits.offset * 8 + bits.shift, ==, 35);
	g_assert_cmpuint(bits.width, ==, 1);
	g_assert_true(types_bits(t, "task", "part.y", &bits, &error));
	g_assert_cmpuint(bits.offset * 8 + bits.shift, ==, 128);
	g_assert_cmpuint(bits.width, ==, 7);
	g_assert_true(types_bits(t, "task", "priority", &bits, &error));
	g_assert_cmpuint(bits.offset, ==, 5);
	g_assert_cmpuint(bits.width, ==, 8);
	g_assert_no_error(error);
	g_assert_false(types_bits(t, "task", "nothing", &bits, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	types_free(t);
}

static void test_read_bits(void)
{
	g_auto(fake_guest) f = { 0 };
	guint64 value;

	fake_guest_init(&f);

	guint64 at = fake_alloc(&f, 16);

	fake_u64(&f, at, 0x8877665544332211ull);
	g_assert_true(guest_bits(&f.g, at, &(struct types_bits){ 1, 4, 12 }, &value));
	g_assert_cmphex(value, ==, 0x332);
	g_assert_true(guest_bits(&f.g, at, &(struct types_bits){ 0, 0, 64 }, &value));
	g_assert_cmphex(value, ==, 0x8877665544332211ull);
	/* No such member; and no more than a word. */
	g_assert_false(guest_bits(&f.g, at, &(struct types_bits){ 0, 0, 0 }, &value));
	g_assert_false(guest_bits(&f.g, at, &(struct types_bits){ 0, 1, 64 }, &value));
	g_assert_false(guest_bits(&f.g, FAKE_WILD, &(struct types_bits){ 0, 0, 1 }, &value));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/types/member", test_member);
	g_test_add_func("/types/module", test_module);
	g_test_add_func("/types/bits", test_bits);
	g_test_add_func("/types/read-bits", test_read_bits);
	g_test_add_func("/types/same-name", test_same_name);
	g_test_add_func("/types/nested", test_nested);
	g_test_add_func("/types/misaligned", test_misaligned);
	return g_test_run();
}
