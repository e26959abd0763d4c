// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: what a guest hands over about its kernel may be anything:
 * symbols (first byte even), types (odd) or a module's types (3 more than a
 * multiple of 4) are refused with a message, or can be looked up in without
 * harm and without end.
 */
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/symbols.h"
#include "guest/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up_symbols(const char *text, gsize bytes)
{
	g_autoptr(GError) error = NULL;
	struct symbols *s = symbols_from_kallsyms(text, bytes, &error);
	guint64 address;
	guint offset;

	if (!s) {
		g_assert_nonnull(error);
		return;
	}
	symbols_need(s, "init_task", &address, NULL);
	for (guint64 at = 0xffffffff80fffffe; at < 0xffffffff81000200; at += 37) {
		symbols_function(s, at, &offset);
		symbols_at(s, at, 64, &offset);
	}
	symbols_function(s, 0, &offset);
	symbols_at(s, G_MAXUINT64, 64, &offset);
	symbols_free(s);
}

/* Takes @t; NULL: it was refused with @error. */
static void look_up_types(struct types *t, const GError *error)
{
	static const char *const members[] = { "state", "inner", "part.y", "part.x.z", "missing" };
	struct types_bits bits;
	guint offset, size;

	if (!t) {
		g_assert_nonnull(error);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		types_member(t, "task", members[i], &offset, &size, NULL);
		if (types_bits(t, "task", members[i], &bits, NULL))
			g_assert_cmpuint(bits.shift + bits.width, <=, 64);
	}
	types_struct_bytes(t, "task");
	types_enumerator(t, "item", "B");
	types_enumerator(t, NULL, "C");
	types_free(t);
}

/* vmlinux's types, which those of a module may refer to. */
static struct types *new_base(void)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	guint32 bytes;

	btf__add_struct(btf, "part", 8);
	btf__add_field(btf, "x", number, 0, 0);
	btf__add_field(btf, "y", number, 32, 7);

	const void *raw = btf__raw_data(btf, &bytes);
	struct types *t = types_from_blob(raw, bytes, NULL);

	btf__free(btf);
	return t;
}

static void take_types(const void *blob, gsize bytes)
{
	g_autoptr(GError) error = NULL;

	look_up_types(types_from_blob(blob, bytes, &error), error);
}

static void take_module(const void *blob, gsize bytes)
{
	g_autoptr(GError) error = NULL;
	struct types *t = new_base();

	if (!types_add_module(t, "module", blob, bytes, &error))
		g_assert_nonnull(error);
	look_up_types(t, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* A copy of just these bytes, so that reading beyond them is seen. */
	g_autofree void *exact = g_memdup2(data + 1, size - 1);

	if (data[0] % 4 == 3)
		take_module(exact, size - 1);
	else if (data[0] & 1)
		take_types(exact, size - 1);
	else
		look_up_symbols(exact, size - 1);
	return 0;
}
