// SPDX-License-Identifier: GPL-2.0-only
#include "base/units.h"

#include <string.h>

#include "base/error.h"

struct unit {
	const char *suffix;
	guint64 factor;
};

/* Largest first: formatting takes the first that divides. */
static const struct unit byte_units[] = {
	{ "T", 1ull << 40 }, { "G", 1ull << 30 }, { "M", 1ull << 20 },
	{ "K", 1ull << 10 }, { "B", 1 },	  { NULL, 0 },
};
static const struct unit ms_units[] = {
	{ "h", 3600000 }, { "min", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit percent_units[] = { { "%", 1 }, { NULL, 0 } };

/* @hint: the unit most people mean; @example: a right value. */
static gboolean parse(const char *text, const struct unit *units, const char *what,
		      const char *hint, const char *example, guint64 *result, GError **error)
{
	const char *suffix = text;
	guint64 number = 0;

	for (; g_ascii_isdigit(*suffix); suffix++) {
		if (!g_uint64_checked_mul(&number, number, 10) ||
		    !g_uint64_checked_add(&number, number, *suffix - '0'))
			goto too_large;
	}
	if (suffix == text)
		goto malformed;
	if (!*suffix && number && hint) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s has no unit; write %s%s",
			    text, text, hint);
		return FALSE;
	}
	if (!*suffix) {
		*result = number;
		return TRUE;
	}
	for (const struct unit *unit = units; unit && unit->suffix; unit++) {
		if (strcmp(suffix, unit->suffix))
			continue;
		if (!g_uint64_checked_mul(result, number, unit->factor))
			goto too_large;
		return TRUE;
	}
malformed:
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s is not a %s; write it as in %s",
		    *text ? text : "(nothing)", what, example);
	return FALSE;
too_large:
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s is too large", text);
	return FALSE;
}

gboolean units_parse_bytes(const char *text, guint64 *bytes, GError **error)
{
	return parse(text, byte_units, "size", "M", "64K, 128M or 1G", bytes, error);
}

gboolean units_parse_ms(const char *text, guint64 *ms, GError **error)
{
	return parse(text, ms_units, "duration", "s", "50ms, 30s or 5min", ms, error);
}

gboolean units_parse_percent(const char *text, guint64 *percent, GError **error)
{
	if (!parse(text, percent_units, "percentage", "%", "50%", percent, error))
		return FALSE;
	if (*percent <= 100)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s is more than 100%%", text);
	return FALSE;
}

gboolean units_parse_count(const char *text, guint64 *count, GError **error)
{
	return parse(text, NULL, "whole number", NULL, "8", count, error);
}

static char *format(guint64 number, const struct unit *unit)
{
	if (!number)
		return g_strdup("0");
	while (number % unit->factor)
		unit++;
	return g_strdup_printf("%" G_GUINT64_FORMAT "%s", number / unit->factor, unit->suffix);
}

char *units_format_bytes(guint64 bytes)
{
	return format(bytes, byte_units);
}

char *units_format_ms(guint64 ms)
{
	return format(ms, ms_units);
}
