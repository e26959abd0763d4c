// SPDX-License-Identifier: GPL-2.0-only
#include "report/markup.h"

#include <string.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */

void markup_add(GString *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_autofree char *text = g_markup_vprintf_escaped(fmt, ap);
	va_end(ap);
	g_string_append(out, text);
}

/* GLib writes control characters as "&#x1b;", and no other character so. */
static const char *after_control(const char *at)
{
	const char *end;

	if (strncmp(at, "&#x", 3))
		return (guchar)*at < ' ' && *at != '\n' && *at != '\t' ? at + 1 : NULL;
	end = at + 3 + strspn(at + 3, "0123456789abcdef");
	return *end == ';' ? end + 1 : NULL;
}

char *markup_finish(GString *out)
{
	g_autofree char *text = g_utf8_make_valid(out->str, out->len);
	GString *finished = g_string_sized_new(out->len);

	g_string_free(out, TRUE);
	for (const char *at = text; *at;) {
		const char *next = after_control(at);

		if (next)
			g_string_append(finished, REPLACEMENT);
		else
			g_string_append_c(finished, *at);
		at = next ? next : at + 1;
	}
	return g_string_free(finished, FALSE);
}

char *grouped(gint64 number)
{
	g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, ABS(number));
	GString *out = g_string_new(number < 0 ? "-" : "");

	for (gsize i = 0, n = strlen(digits); i < n; i++) {
		if (i && (n - i) % 3 == 0)
			g_string_append_c(out, ',');
		g_string_append_c(out, digits[i]);
	}
	return g_string_free(out, FALSE);
}
