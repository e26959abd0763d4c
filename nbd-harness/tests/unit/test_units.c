// SPDX-License-Identifier: GPL-2.0-only
#include <glib.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/units.h"

typedef gboolean (*parse_fn)(const char *text, guint64 *number, GError **error);

static void accepts(parse_fn parse, const char *text, guint64 expected)
{
	g_autoptr(GError) error = NULL;
	guint64 number = 0;

	g_assert_true(parse(text, &number, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(number, ==, expected);
}

static void refuses(parse_fn parse, const char *text, const char *message)
{
	g_autoptr(GError) error = NULL;
	guint64 number;

	g_assert_false(parse(text, &number, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	g_assert_cmpstr(error->message, ==, message);
}

static void test_bytes(void)
{
	accepts(units_parse_bytes, "0", 0);
	accepts(units_parse_bytes, "1B", 1);
	accepts(units_parse_bytes, "64K", 65536);
	accepts(units_parse_bytes, "128M", 134217728);
	accepts(units_parse_bytes, "2T", 2199023255552);
	accepts(units_parse_bytes, "16777215T", 16777215ull << 40);
	refuses(units_parse_bytes, "128", "128 has no unit; write 128M");
	refuses(units_parse_bytes, "", "(nothing) is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "M", "M is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "-1M", "-1M is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "1.5G", "1.5G is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "64m", "64m is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "64MM", "64MM is not a size; write it as in 64K, 128M or 1G");
	refuses(units_parse_bytes, "16777216T", "16777216T is too large");
	refuses(units_parse_bytes, "99999999999999999999B", "99999999999999999999B is too large");
}

static void test_durations(void)
{
	accepts(units_parse_ms, "0", 0);
	accepts(units_parse_ms, "50ms", 50);
	accepts(units_parse_ms, "30s", 30000);
	accepts(units_parse_ms, "5min", 300000);
	accepts(units_parse_ms, "2h", 7200000);
	refuses(units_parse_ms, "30", "30 has no unit; write 30s");
	refuses(units_parse_ms, "5m", "5m is not a duration; write it as in 50ms, 30s or 5min");
}

static void test_counts(void)
{
	accepts(units_parse_count, "8", 8);
	refuses(units_parse_count, "8M", "8M is not a whole number; write it as in 8");
	accepts(units_parse_percent, "100%", 100);
	refuses(units_parse_percent, "101%", "101% is more than 100%");
	refuses(units_parse_percent, "50", "50 has no unit; write 50%");
}

/* What is formatted parses to the same number. */
static void test_format(void)
{
	static const guint64 numbers[] = { 0,	  1,	 999,	  1000,	      1024,	  60000,
					   90000, 65536, 3600000, 1610612736, G_MAXUINT64 };

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *bytes = units_format_bytes(numbers[i]);
		g_autofree char *ms = units_format_ms(numbers[i]);

		accepts(units_parse_bytes, bytes, numbers[i]);
		accepts(units_parse_ms, ms, numbers[i]);
	}
}

static void suggests(const char *word, const char *expected)
{
	struct nearest near = { .word = word };
	g_autofree char *hint = NULL;

	nearest_offer(&near, "memory");
	nearest_offer(&near, "accel");
	nearest_offer(&near, "cpus");
	hint = nearest_hint(&near);
	g_assert_cmpstr(hint, ==, expected);
}

static void test_nearest(void)
{
	suggests("memroy", "; did you mean memory?");
	suggests("cpu", "; did you mean cpus?");
	suggests("bandwidth", "");
	suggests("", "");
	suggests("a word that is far longer than any name and must not overflow the row of "
		 "distances",
		 "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/units/bytes", test_bytes);
	g_test_add_func("/units/durations", test_durations);
	g_test_add_func("/units/counts", test_counts);
	g_test_add_func("/units/format", test_format);
	g_test_add_func("/units/nearest", test_nearest);
	return g_test_run();
}
