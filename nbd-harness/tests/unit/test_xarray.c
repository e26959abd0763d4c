// SPDX-License-Identifier: GPL-2.0-only
/* XArrays of a guest: honest ones in full and in order, damaged ones in bounded time. */
#include "guest/xarray.h"

#include "fake_guest.h"

#define SLOTS  64u
#define NODE   2ull /* an internal entry */
#define SHIFT  0u
#define ARRAY  8u
#define MARKED 0x402ull /* XA_ZERO_ENTRY: what an IDR keeps for NULL */

struct seen {
	guint n;
	guint64 index[8], entry[8];
};

static gboolean note(const struct guest *g, guint64 index, guint64 entry, gpointer data)
{
	struct seen *seen = data;

	if (seen->n < G_N_ELEMENTS(seen->index)) {
		seen->index[seen->n] = index;
		seen->entry[seen->n] = entry;
	}
	seen->n++;
	return TRUE;
}

static gboolean refuse(const struct guest *g, guint64 index, guint64 entry, gpointer data)
{
	return FALSE;
}

static void init(struct fake_guest *f)
{
	fake_guest_init(f);
	f->g.at.xa_node_shift = SHIFT;
	f->g.at.xa_node_slots = ARRAY;
	f->g.at.xa_slots_bytes = SLOTS * 8;
}

static guint64 new_node(struct fake_guest *f, guint8 shift)
{
	guint64 node = fake_alloc(f, ARRAY + SLOTS * 8);

	fake_write(f, node + SHIFT, &shift, 1);
	return node;
}

static void set_slot(struct fake_guest *f, guint64 node, guint slot, guint64 entry)
{
	fake_u64(f, node + ARRAY + slot * 8, entry);
}

static guint64 new_head(struct fake_guest *f, guint64 entry)
{
	guint64 head = fake_alloc(f, 8);

	fake_u64(f, head, entry);
	return head;
}

static void test_small(void)
{
	g_auto(fake_guest) f = { 0 };
	struct seen seen = { 0 };

	init(&f);
	g_assert_cmpint(xarray_walk(&f.g, new_head(&f, 0), 8, note, &seen), ==, 0);
	g_assert_cmpint(xarray_walk(&f.g, new_head(&f, FAKE_WILD), 8, note, &seen), ==, 1);
	g_assert_cmpuint(seen.index[0], ==, 0);
	g_assert_cmphex(seen.entry[0], ==, FAKE_WILD); /* whose is it to follow */
	g_assert_cmpint(xarray_walk(&f.g, FAKE_WILD, 8, note, &seen), ==, -1);
}

/* Two levels: indices 3, 64 + 1 and 64 * 63 + 63; a value and a mark beside them. */
static void test_levels(void)
{
	g_auto(fake_guest) f = { 0 };
	struct seen seen = { 0 };

	init(&f);

	guint64 root = new_node(&f, 6), a = new_node(&f, 0), b = new_node(&f, 0),
		c = new_node(&f, 0);
	guint64 x = fake_alloc(&f, 8), y = fake_alloc(&f, 8), z = fake_alloc(&f, 8);

	set_slot(&f, root, 0, a | NODE);
	set_slot(&f, root, 1, b | NODE);
	set_slot(&f, root, 63, c | NODE);
	set_slot(&f, a, 3, x);
	set_slot(&f, a, 4, 17 << 1 | 1);
	set_slot(&f, a, 5, MARKED);
	set_slot(&f, b, 1, y);
	set_slot(&f, c, 63, z);

	guint64 head = new_head(&f, root | NODE);

	g_assert_cmpint(xarray_walk(&f.g, head, 3, note, &seen), ==, 3);
	g_assert_cmpuint(seen.index[0], ==, 3);
	g_assert_cmphex(seen.entry[0], ==, x);
	g_assert_cmpuint(seen.index[1], ==, 65);
	g_assert_cmphex(seen.entry[1], ==, y);
	g_assert_cmpuint(seen.index[2], ==, 4095);
	g_assert_cmphex(seen.entry[2], ==, z);

	g_assert_cmpint(xarray_walk(&f.g, head, 2, note, &seen), ==, -1);
	g_assert_cmpint(xarray_walk(&f.g, head, 3, refuse, NULL), ==, -1);
}

static void test_damaged(void)
{
	g_auto(fake_guest) f = { 0 };
	struct seen seen = { 0 };

	init(&f);

	guint64 root = new_node(&f, 6), child = new_node(&f, 0);
	guint64 head = new_head(&f, root | NODE);

	set_slot(&f, root, 1, root | NODE); /* a loop */
	g_assert_cmpint(xarray_walk(&f.g, head, 8, note, &seen), ==, -1);
	set_slot(&f, root, 1, child | NODE);
	set_slot(&f, child, 1, root | NODE); /* a longer one */
	g_assert_cmpint(xarray_walk(&f.g, head, 8, note, &seen), ==, -1);
	set_slot(&f, child, 1, 0);
	g_assert_cmpint(xarray_walk(&f.g, head, 8, note, &seen), ==, 0);
	set_slot(&f, root, 2, FAKE_WILD | NODE);
	g_assert_cmpint(xarray_walk(&f.g, head, 8, note, &seen), ==, -1);
	g_assert_cmpuint(seen.n, ==, 0);
}

/* Nodes that share their children have 64^10 paths, and not one entry. */
static void test_many_paths(void)
{
	g_auto(fake_guest) f = { 0 };
	struct seen seen = { 0 };
	guint64 below = 0;

	init(&f);
	for (guint level = 0; level <= 10; level++) {
		guint64 node = new_node(&f, level * 6);

		for (guint i = 0; i < SLOTS && below; i++)
			set_slot(&f, node, i, below | NODE);
		below = node;
	}
	g_assert_cmpint(xarray_walk(&f.g, new_head(&f, below | NODE), 4096, note, &seen), ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xarray/small", test_small);
	g_test_add_func("/xarray/levels", test_levels);
	g_test_add_func("/xarray/damaged", test_damaged);
	g_test_add_func("/xarray/many-paths", test_many_paths);
	return g_test_run();
}
