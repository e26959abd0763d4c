// SPDX-License-Identifier: GPL-2.0-only
/* The list of known signatures: the shipped one is whole, and mistakes in one are named. */
#include "judge/known.h"

#include "base/error.h"
#include "base/paths.h"

#define WHOLE "[one]\nsignature=mutex a <- b\ntitle=A title\nkernels=6.12\n"

static void test_find(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray)
		list = known_parse("# a comment\n" WHOLE "fixed-by=x.patch\n[two]\nsignature=c; d\n"
				   "title=T\nkernels=none\n",
				   "list", &error);
	const struct known *k;

	g_assert_no_error(error);
	g_assert_cmpuint(list->len, ==, 2);
	k = known_find(list, "mutex a <- b");
	g_assert_cmpstr(k->name, ==, "one");
	g_assert_cmpstr(k->fixed_by, ==, "x.patch");
	g_assert_null(k->more);
	g_assert_cmpstr(known_find(list, "c; d")->name, ==, "two");
	g_assert_null(known_find(list, "mutex a <- "));
	g_assert_null(known_find(list, ""));
}

static void test_mistakes(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ WHOLE "fixed_by=x\n",
		  "list: [one] has an unknown key fixed_by; did you mean fixed-by?" },
		{ "[one]\nsignature=s\nkernels=k\n", "list: [one] has no title=" },
		{ "[one]\nsignature=\ntitle=t\nkernels=k\n", "list: [one] has no signature=" },
		{ "no section\n", NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(known_parse(cases[i].text, "list", &error));
		g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
		g_assert_true(g_str_has_prefix(error->message, "list: "));
		if (cases[i].message)
			g_assert_cmpstr(error->message, ==, cases[i].message);
	}
}

static void test_shipped(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = known_load(&error);

	g_assert_no_error(error);
	g_assert_cmpuint(list->len, >, 0);
	for (guint i = 0; i < list->len; i++) {
		const struct known *k = g_ptr_array_index(list, i);
		g_autofree char *patch =
			g_build_filename(netswap_data_dir(), k->fixed_by ? k->fixed_by : ".", NULL);

		/* No two entries for one signature, and a patch that is named exists. */
		g_assert_true(known_find(list, k->signature) == k);
		if (k->fixed_by && g_str_has_suffix(k->fixed_by, ".patch"))
			g_assert_true(g_file_test(patch, G_FILE_TEST_EXISTS));
	}
}

int main(int argc, char **argv)
{
	g_unsetenv("NETSWAP_DATA");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/known/find", test_find);
	g_test_add_func("/known/mistakes", test_mistakes);
	g_test_add_func("/known/shipped", test_shipped);
	return g_test_run();
}
