// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_obtain(), scripts/kernel-check and kernel-build on a kernel that compiles in no
 * time: a tree whose makefile copies one file to vmlinux, and whose
 * merge_config.sh keeps every option but CONFIG_DROPPED.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/paths.h"
#include "base/progress.h"
#include "build/kernel.h"
#include "build/kernel_inputs.h"

static char *scratch; /* holds tree/, cache/ and the patches */

static char *in_scratch(const char *name)
{
	return g_build_filename(scratch, name, NULL);
}

static void write_file(const char *name, const char *text, int mode)
{
	g_autofree char *path = in_scratch(name);
	g_autofree char *dir = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

/* Add the options that the fragment @name of ours asks for to @kconfig. */
static void declare_options(GString *kconfig, const char *name)
{
	g_autofree char *path =
		g_build_filename(netswap_data_dir(), "vm-images", "config", name, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "CONFIG_"))
			g_string_append_printf(kconfig, "config %.*s\n\tbool\n",
					       (int)strcspn(*line, "=") - 7, *line + 7);
	}
}

static void make_kconfig(void)
{
	g_autoptr(GString) kconfig = g_string_new("config KEPT\n\tbool\nconfig DROPPED\n\tbool\n");

	declare_options(kconfig, "base.config");
	declare_options(kconfig, "6.12.config");
	write_file("tree/Kconfig", kconfig->str, 0644);
}

static void make_tree(void)
{
	make_kconfig();
	write_file("tree/hello.c", "one\ntwo\nthree\n", 0644);
	write_file("tree/Makefile",
		   "\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 99\n"
		   "kernelversion:\n\t@echo 6.12.99\n"
		   "bzImage: $(O)/vmlinux\n"
		   "\tmkdir -p $(O)/arch/x86/boot && cp $(O)/vmlinux $(O)/arch/x86/boot/bzImage\n"
		   "$(O)/vmlinux: hello.c\n\t@echo '  CC      hello.o'\n\tcp hello.c $@\n"
		   ".PHONY: kernelversion bzImage\n",
		   0644);
	write_file("tree/scripts/kconfig/merge_config.sh",
		   "#!/bin/sh\nout=$3\nshift 3\ncat \"$@\" | grep -v DROPPED >\"$out/.config\"\n",
		   0755);
	write_file("good.patch",
		   "--- a/hello.c\n+++ b/hello.c\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n", 0644);
	write_file("bad.patch",
		   "--- a/hello.c\n+++ b/hello.c\n@@ -1,3 +1,3 @@\n one\n-nothing\n+2\n three\n",
		   0644);
	write_file("kept.config", "CONFIG_KEPT=y\n", 0644);
	write_file("lost.config", "# a comment\nCONFIG_DROPPED=y\n", 0644);
	write_file("nowhere.config", "CONFIG_KEPT=y\nCONFIG_NOWHERE=y\n", 0644);
}

static struct kernel *obtain(const char *patch, const char *fragment, GError **error)
{
	g_autofree char *tree = in_scratch("tree");
	g_autofree char *patch_path = patch ? in_scratch(patch) : NULL;
	g_autofree char *fragment_path = fragment ? in_scratch(fragment) : NULL;
	char *patches[] = { patch_path, NULL }, *fragments[] = { fragment_path, NULL };
	struct kernel_request request = { .source = tree,
					  .patches = patches,
					  .fragments = fragments };

	return kernel_obtain(&request, error);
}

static void builds(const char *patch, const char *fragment, gboolean built, const char *vmlinux)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	SCOPED(kernel) k = obtain(patch, fragment, &error);

	g_assert_no_error(error);
	g_assert_cmpint(k->built, ==, built);
	g_assert_true(g_file_get_contents(k->vmlinux, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, vmlinux);
	g_assert_true(g_file_test(k->image, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(k->config, G_FILE_TEST_EXISTS));
}

static void fails(const char *patch, const char *fragment, const char *part)
{
	g_autoptr(GError) error = NULL;
	SCOPED(kernel) k = obtain(patch, fragment, &error);

	g_assert_null(k);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	if (!strstr(error->message, part))
		g_error("\"%s\" does not say \"%s\"", error->message, part);
}

/* Most cards need nothing that base.config has not got. */
static void test_nic(void)
{
	static const struct {
		const char *nic;
		guint fragments;
	} cases[] = { { NULL, 2 }, { "e1000", 2 }, { "rtl8139", 3 } };
	g_autofree char *tree = in_scratch("tree");

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct kernel_request request = { .source = tree, .nic = cases[i].nic };
		SCOPED(kernel_inputs) in = kernel_inputs_resolve(&request, &error);

		g_assert_no_error(error);
		g_assert_cmpuint(in->fragments->len, ==, cases[i].fragments);
		g_assert_true(i < 2 ||
			      g_str_has_suffix(in->fragments->pdata[2], "/nic/rtl8139.config"));
	}
}

static void test_cached(void)
{
	builds(NULL, NULL, TRUE, "one\ntwo\nthree\n");
	builds(NULL, NULL, FALSE, "one\ntwo\nthree\n");
}

/* The work tree is kept: a patch must not outlive its build, whatever the times of files say. */
static void test_patch_is_taken_back(void)
{
	builds("good.patch", NULL, TRUE, "one\n2\nthree\n");
	builds(NULL, "kept.config", TRUE, "one\ntwo\nthree\n");
	builds("good.patch", "kept.config", TRUE, "one\n2\nthree\n");
	builds("good.patch", NULL, FALSE, "one\n2\nthree\n");
}

static void test_tree_is_only_read(void)
{
	g_autofree char *path = in_scratch("tree/hello.c");
	g_autofree char *config = in_scratch("tree/.config");
	g_autofree char *text = NULL;

	builds("good.patch", NULL, FALSE, "one\n2\nthree\n");
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "one\ntwo\nthree\n");
	g_assert_false(g_file_test(config, G_FILE_TEST_EXISTS));
}

/* Also one of equal size, in the same second. */
static void test_edit_is_seen(void)
{
	write_file("tree/hello.c", "one\ntwo\nseven\n", 0644);
	builds(NULL, NULL, TRUE, "one\ntwo\nseven\n");
	write_file("tree/hello.c", "one\ntwo\nthree\n", 0644);
}

static void test_bad_patch(void)
{
	fails("bad.patch", NULL, "bad.patch does not apply to");
	fails("bad.patch", NULL, "hello.c hunk #1 at line 1;");
}

static void test_lost_option(void)
{
	fails(NULL, "lost.config", "lost.config:2: CONFIG_DROPPED=y did not survive");
}

static void test_unknown_option(void)
{
	fails(NULL, "nowhere.config", "nowhere.config:2: ");
	fails(NULL, "nowhere.config", " has no option CONFIG_NOWHERE;");
}

static void refuses(struct kernel_request request, const char *message)
{
	g_autoptr(GError) error = NULL;
	SCOPED(kernel) k = kernel_obtain(&request, &error);

	g_assert_null(k);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	if (!g_pattern_match_simple(message, error->message))
		g_error("\"%s\" is not \"%s\"", error->message, message);
}

static void test_usage(void)
{
	char *series[] = { "fxi", NULL };
	g_autofree char *tree = in_scratch("tree");
	g_autofree char *patch = in_scratch("good.patch");

	refuses((struct kernel_request){ .source = tree, .series = series },
		"no series \"fxi\" in *did you mean fix?*");
	refuses((struct kernel_request){ .version = "6.13" },
		"no kernel version \"6.13\" in *did you mean 6.1*?*");
	refuses((struct kernel_request){ .source = scratch },
		"* is not a Linux source tree: it has no Kconfig and Makefile");
	refuses((struct kernel_request){ .image = patch }, "*good.patch is no x86 bzImage*");
	refuses((struct kernel_request){ .image = "/none" }, "cannot open the kernel /none: *");
}

int main(int argc, char **argv)
{
	g_autofree char *cache = NULL;
	int status;

	g_test_init(&argc, &argv, NULL);
	scratch = g_dir_make_tmp("netswap-kernel-XXXXXX", NULL);
	cache = in_scratch("cache");
	g_setenv("NETSWAP_CACHE", cache, TRUE);
	progress_set_quiet(TRUE);
	make_tree();
	g_test_add_func("/kernel/cached", test_cached);
	g_test_add_func("/kernel/patch-is-taken-back", test_patch_is_taken_back);
	g_test_add_func("/kernel/tree-is-only-read", test_tree_is_only_read);
	g_test_add_func("/kernel/edit-is-seen", test_edit_is_seen);
	g_test_add_func("/kernel/nic", test_nic);
	g_test_add_func("/kernel/bad-patch", test_bad_patch);
	g_test_add_func("/kernel/lost-option", test_lost_option);
	g_test_add_func("/kernel/unknown-option", test_unknown_option);
	g_test_add_func("/kernel/usage", test_usage);
	status = g_test_run();
	cache_remove_tree(scratch, NULL);
	g_free(scratch);
	return status;
}
