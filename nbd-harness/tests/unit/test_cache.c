// SPDX-License-Identifier: GPL-2.0-only
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/progress.h"
#include "build/cache.h"
#include "build/tool.h"

static char *key_of(const char *label, const char *a, const char *b)
{
	struct cache_key *k = cache_key_new();

	cache_key_text(k, label, a);
	cache_key_text(k, label, b);
	return cache_key_end(k);
}

static void test_key(void)
{
	g_autofree char *one = key_of("patch", "ab", "c");
	g_autofree char *same = key_of("patch", "ab", "c");
	g_autofree char *other_split = key_of("patch", "a", "bc");
	g_autofree char *other_label = key_of("fragment", "ab", "c");

	g_assert_cmpuint(strlen(one), ==, 24);
	g_assert_cmpstr(one, ==, same);
	g_assert_cmpstr(one, !=, other_split);
	g_assert_cmpstr(one, !=, other_label);
}

static void write_into(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_entry_appears_when_complete(void)
{
	g_autoptr(GError) error = NULL;
	struct cache_entry *e = cache_begin("things", "k1", "thing", &error);
	g_autofree char *path = NULL;

	g_assert_no_error(error);
	g_assert_nonnull(e->work);
	g_assert_false(g_file_test(e->path, G_FILE_TEST_EXISTS));
	write_into(e->work, "file", "text");
	g_assert_true(cache_commit(e, &error));
	path = g_build_filename(e->path, "file", NULL);
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	cache_entry_free(e);

	e = cache_begin("things", "k1", "thing", &error);
	g_assert_null(e->work);
	cache_entry_free(e);
}

static void test_abandoned_entry_leaves_nothing(void)
{
	struct cache_entry *e = cache_begin("things", "k2", "thing", NULL);
	g_autofree char *work = g_strdup(e->work);
	g_autofree char *stale = NULL;

	cache_entry_free(e);
	g_assert_false(g_file_test(work, G_FILE_TEST_EXISTS));

	/* What a killed maker left is cleared by the next one. */
	g_assert_cmpint(g_mkdir_with_parents(work, 0755), ==, 0);
	write_into(work, "half", "");
	stale = g_build_filename(work, "half", NULL);
	e = cache_begin("things", "k2", "thing", NULL);
	g_assert_nonnull(e->work);
	g_assert_false(g_file_test(stale, G_FILE_TEST_EXISTS));
	cache_entry_free(e);
}

static void test_no_room(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(cache_has_room(1, "a test", &error));
	g_assert_false(cache_has_room(G_MAXUINT64, "a test", &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, netswap_cache_dir()));
}

static void append_line(const char *line, gpointer data)
{
	g_string_append_printf(data, "<%s>", line);
}

static void test_tool_lines(void)
{
	static const char *const argv[] = { "sh", "-c", "echo one; printf 'two\\nthree\\n'", NULL };
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(tool_run(argv, NULL, NULL, append_line, lines, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(lines->str, ==, "<one><two><three>");
}

static void fails_saying(const char *script, const char *message)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	g_autoptr(GError) error = NULL;

	g_assert_false(tool_run(argv, NULL, NULL, NULL, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_cmpstr(error->message, ==, message);
}

static void test_tool_failure(void)
{
	static const char *const missing[] = { "/no/such/program", NULL };
	g_autoptr(GError) error = NULL;

	fails_saying("echo first >&2; echo the reason >&2; exit 3", "sh: the reason");
	fails_saying("exit 3", "sh failed with status 3");
	fails_saying("kill -9 $$", "sh was killed by SIGKILL: ");
	g_assert_false(tool_run(missing, NULL, NULL, NULL, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
}

static gboolean interrupt_us(gpointer data)
{
	kill(getpid(), SIGTERM);
	return G_SOURCE_REMOVE;
}

static void test_tool_interrupted(void)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	g_autoptr(GError) error = NULL;

	g_timeout_add(50, interrupt_us, NULL);
	g_assert_false(tool_run(argv, NULL, NULL, NULL, NULL, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INTERRUPTED);
}

int main(int argc, char **argv)
{
	g_autofree char *dir = g_dir_make_tmp("netswap-cache-XXXXXX", NULL);
	int status;

	g_test_init(&argc, &argv, NULL);
	g_setenv("NETSWAP_CACHE", dir, TRUE);
	progress_set_quiet(TRUE);
	g_test_add_func("/cache/key", test_key);
	g_test_add_func("/cache/complete", test_entry_appears_when_complete);
	g_test_add_func("/cache/abandoned", test_abandoned_entry_leaves_nothing);
	g_test_add_func("/cache/no-room", test_no_room);
	g_test_add_func("/tool/lines", test_tool_lines);
	g_test_add_func("/tool/failure", test_tool_failure);
	g_test_add_func("/tool/interrupted", test_tool_interrupted);
	status = g_test_run();
	cache_remove_tree(dir, NULL);
	return status;
}
