// SPDX-License-Identifier: GPL-2.0-only
/*
 * workloads/pattern.c: every flipped bit is found, stale and foreign pages
 * differ, and the random order visits every page once.  (The workloads are no
 * part of the harness's objects, so the source is included.)
 */
#include <glib.h>

#include "pattern.c"

static void test_intact(void)
{
	uint64_t page[PATTERN_WORDS];
	uint64_t key = pattern_key(1, 2, 3, 4);

	pattern_fill(page, key);
	g_assert_cmpuint(pattern_check(page, key), ==, PATTERN_WORDS);
}

static void test_any_flipped_bit(void)
{
	uint64_t page[PATTERN_WORDS];
	uint64_t key = pattern_key(1, 0, 0, 1);

	pattern_fill(page, key);
	for (unsigned int i = 0; i < PATTERN_WORDS; i++) {
		for (unsigned int bit = 0; bit < 64; bit++) {
			page[i] ^= 1ull << bit;
			g_assert_cmpuint(pattern_check(page, key), ==, i);
			page[i] ^= 1ull << bit;
		}
	}
}

static void test_keys_differ(void)
{
	uint64_t key = pattern_key(1, 1, 1, 1);

	g_assert_cmpuint(key, !=, pattern_key(2, 1, 1, 1));
	g_assert_cmpuint(key, !=, pattern_key(1, 2, 1, 1));
	g_assert_cmpuint(key, !=, pattern_key(1, 1, 2, 1));
	g_assert_cmpuint(key, !=, pattern_key(1, 1, 1, 2));
}

static void check_order(uint64_t count, uint64_t seed)
{
	g_autofree guint8 *seen = g_new0(guint8, count);
	struct pattern_order order;
	uint64_t in_sequence = 0, last = count;

	pattern_order_init(&order, count, seed);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t page = pattern_order_next(&order);

		g_assert_cmpuint(page, <, count);
		g_assert_cmpuint(seen[page], ==, 0);
		seen[page] = 1;
		in_sequence += page == last + 1;
		last = page;
	}
	if (count >= 1000) /* neighbours would let readahead help */
		g_assert_cmpuint(in_sequence, <, count / 50);
}

static void test_order(void)
{
	static const uint64_t counts[] = { 1, 2, 3, 5, 64, 1000, 16384, 16385, 32767, 100000 };

	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
		for (uint64_t seed = 0; seed < 20; seed++)
			check_order(counts[i], seed);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pattern/intact", test_intact);
	g_test_add_func("/pattern/any-flipped-bit", test_any_flipped_bit);
	g_test_add_func("/pattern/keys-differ", test_keys_differ);
	g_test_add_func("/pattern/order", test_order);
	return g_test_run();
}
