// SPDX-License-Identifier: GPL-2.0-only
/*
 * build/cpio.c: archives are read back by an independent reader, cpio(1).
 */
#include <gio/gio.h>
#include <string.h>

#include "build/cpio.h"

/* What `cpio -it --verbose --numeric` says about @archive; caller frees. */
static char *list(GBytes *archive)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) out = NULL;
	g_autoptr(GSubprocess) cpio =
		g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
					 G_SUBPROCESS_FLAGS_STDERR_SILENCE,
				 &error, "cpio", "-it", "--verbose", "--numeric-uid-gid", NULL);

	g_assert_no_error(error);
	g_subprocess_communicate(cpio, archive, NULL, &out, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(g_subprocess_get_successful(cpio));
	return g_strndup(g_bytes_get_size(out) ? g_bytes_get_data(out, NULL) : "",
			 g_bytes_get_size(out));
}

static void test_empty(void)
{
	SCOPED(cpio) c = cpio_new();
	g_autoptr(GBytes) archive = cpio_end(c);
	g_autofree char *text = list(archive);

	g_assert_cmpstr(text, ==, "");
}

static void test_members(void)
{
	SCOPED(cpio) c = cpio_new();
	g_autoptr(GBytes) archive = NULL;
	g_autofree char *text = NULL;

	cpio_add_char_device(c, "dev/console", 0600, 5, 1);
	cpio_add_data(c, "bin/deep/a", 0755, "12345", 5);
	cpio_add_data(c, "bin/deep/b", 0644, "", 0);
	archive = cpio_end(c);
	text = list(archive);
	g_assert_true(g_regex_match_simple("^crw------- .* 0 +0 +5, +1 .* dev/console$", text,
					   G_REGEX_MULTILINE, 0));
	g_assert_true(g_regex_match_simple("^-rwxr-xr-x .* 5 .* bin/deep/a$", text,
					   G_REGEX_MULTILINE, 0));
	g_assert_true(g_regex_match_simple("^-rw-r--r-- .* 0 .* bin/deep/b$", text,
					   G_REGEX_MULTILINE, 0));
}

/* Folders come before what is in them, and once. */
static void test_parents(void)
{
	SCOPED(cpio) c = cpio_new();
	g_autoptr(GBytes) archive = NULL;
	g_autofree char *text = NULL;
	const char *folder;

	cpio_add_data(c, "lib/x/one", 0644, "1", 1);
	cpio_add_data(c, "lib/x/two", 0644, "2", 1);
	cpio_add_dir(c, "lib/x");
	archive = cpio_end(c);
	text = list(archive);
	folder = strstr(text, " lib/x\n");
	g_assert_nonnull(folder);
	g_assert_true(strstr(text, " lib\n") < folder);
	g_assert_true(folder < strstr(text, " lib/x/one\n"));
	g_assert_null(strstr(folder + 1, " lib/x\n"));
}

static void test_repeatable(void)
{
	SCOPED(cpio) first = cpio_new();
	SCOPED(cpio) second = cpio_new();
	g_autoptr(GBytes) a = NULL, b = NULL;

	cpio_add_data(first, "x", 0644, "abc", 3);
	cpio_add_data(second, "x", 0644, "abc", 3);
	a = cpio_end(first);
	b = cpio_end(second);
	g_assert_true(g_bytes_equal(a, b));
}

static void test_missing_file(void)
{
	SCOPED(cpio) c = cpio_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(cpio_add_file(c, "x", 0644, "/nonexistent/file", &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent/file"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpio/empty", test_empty);
	g_test_add_func("/cpio/members", test_members);
	g_test_add_func("/cpio/parents", test_parents);
	g_test_add_func("/cpio/repeatable", test_repeatable);
	g_test_add_func("/cpio/missing-file", test_missing_file);
	return g_test_run();
}
