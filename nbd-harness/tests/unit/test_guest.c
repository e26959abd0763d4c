// SPDX-License-Identifier: GPL-2.0-only
/* Reading a guest's memory: text, lists that loop, and the number of reads that is granted. */
#include "guest/guest.h"

#include <string.h>

#include "base/error.h"
#include "fake_guest.h"

#define LINK_AT 0xffffffff80001000ull /* by arithmetic the second page of RAM, without KASLR */

static gboolean count(const struct guest *g, guint64 entry, gpointer data)
{
	++*(guint *)data;
	return TRUE;
}

static void test_list(void)
{
	g_auto(fake_guest) f = { 0 };

	fake_guest_init(&f);

	guint64 head = fake_alloc(&f, 16);

	fake_list_init(&f, head);
	for (guint n = 0; n < 100; n++) {
		guint seen = 0;

		g_assert_cmpint(guest_list(&f.g, head, 0, 100, count, &seen), ==, n);
		g_assert_cmpuint(seen, ==, n);
		fake_list_add_tail(&f, fake_alloc(&f, 16), head);
	}
	g_assert_cmpint(guest_list(&f.g, head, 0, 99, count, &(guint){ 0 }), ==, -1);
}

/* A list that runs into itself beside its head is given up soon, not after the longest list. */
static void test_list_loops(void)
{
	for (guint before = 0; before < 40; before++) {
		for (guint loop = 1; loop < 40; loop++) {
			g_auto(fake_guest) f = { 0 };
			guint64 nodes[80], head;
			guint seen = 0;

			fake_guest_init(&f);
			head = fake_alloc(&f, 16);
			fake_list_init(&f, head);
			for (guint i = 0; i < before + loop; i++) {
				nodes[i] = fake_alloc(&f, 16);
				fake_list_add_tail(&f, nodes[i], head);
			}
			fake_u64(&f, nodes[before + loop - 1], nodes[before]);
			g_assert_cmpint(guest_list(&f.g, head, 0, 1u << 20, count, &seen), ==, -1);
			g_assert_cmpuint(seen, <=, 3 * (before + loop) + 3);
		}
	}
}

static void test_list_wild(void)
{
	const guint64 wild[] = { 0, 8, FAKE_WILD, G_MAXUINT64, FAKE_DIRECT_MAP + 1, 1ull << 47 };

	for (guint i = 0; i < G_N_ELEMENTS(wild); i++) {
		g_auto(fake_guest) f = { 0 };
		guint seen = 0;

		fake_guest_init(&f);

		guint64 head = fake_alloc(&f, 16), node = fake_alloc(&f, 16);

		fake_list_init(&f, head);
		fake_list_add_tail(&f, node, head);
		fake_u64(&f, node, wild[i]);
		g_assert_cmpint(guest_list(&f.g, head, 0, 1000, count, &seen), ==, -1);
		g_assert_cmpuint(seen, <=, 2);
	}
}

static void test_reads(void)
{
	g_auto(fake_guest) f = { 0 };
	guint64 left = G_MAXUINT64, value;
	guint8 pages[3 * GUEST_PAGE_BYTES];

	fake_guest_init(&f);
	guest_allow_reads(&f.g, 0); /* there is nothing to limit yet */
	g_assert_true(guest_u64(&f.g, FAKE_DIRECT_MAP, &value));

	f.g.reads_left = &left;
	guest_allow_reads(&f.g, 5);
	g_assert_true(guest_read(&f.g, FAKE_DIRECT_MAP, pages, sizeof(pages))); /* three */
	g_assert_false(guest_u64(&f.g, FAKE_WILD, &value)); /* what fails costs as much */
	g_assert_true(guest_u64(&f.g, FAKE_DIRECT_MAP, &value));
	g_assert_false(guest_u64(&f.g, FAKE_DIRECT_MAP, &value));
	guest_allow_reads(&f.g, 2);
	g_assert_false(guest_read(&f.g, FAKE_DIRECT_MAP, pages, sizeof(pages)));
}

/* guest_open() with @banner in guest memory fails; returns what it says. */
static char *refusal(const char *banner)
{
	g_auto(fake_guest) f = { 0 };
	g_autoptr(GError) error = NULL;

	fake_guest_init(&f);
	fake_symbol(&f, "linux_banner", 'd', LINK_AT);
	fake_write(&f, FAKE_DIRECT_MAP + GUEST_PAGE_BYTES, banner, strlen(banner) + 1);
	g_assert_null(guest_open(g_steal_pointer(&f.g.memory), g_steal_pointer(&f.g.symbols), NULL,
				 1, 0, "Linux version 6.12 #1\n", &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	return g_strdup(error->message);
}

/* The guest's text may hold anything; what is said to people may not. */
static void test_banner(void)
{
	g_autofree char *none = refusal("Lunix"), *other = refusal("Linux version 6.1\n");
	g_autofree char *longer = refusal("Linux version 6.12 #1, or so\n");
	g_autofree char *shorter = refusal("Linux version 6.12 ");
	g_autofree char *hostile = refusal("Linux version \033[2J\xff\n");
	g_autofree char *same = refusal("Linux version 6.12 #1\n");

	g_assert_nonnull(strstr(none, "no kernel banner"));
	g_assert_nonnull(strstr(other, "the guest says \"Linux version 6.1\";"));
	g_assert_nonnull(strstr(longer, "the guest says \"Linux version 6.12 #1, or so\";"));
	g_assert_nonnull(strstr(shorter, "the guest says \"Linux version 6.12 \";"));
	g_assert_nonnull(strstr(hostile, "the guest says \"Linux version ?[2J?\";"));
	g_assert_nonnull(strstr(same, "init_top_pgt")); /* the banner was right */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/guest/list", test_list);
	g_test_add_func("/guest/list-loops", test_list_loops);
	g_test_add_func("/guest/list-wild", test_list_wild);
	g_test_add_func("/guest/reads", test_reads);
	g_test_add_func("/guest/banner", test_banner);
	return g_test_run();
}
