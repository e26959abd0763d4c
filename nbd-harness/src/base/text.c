// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

void text_line(GString *text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_string_append_vprintf(text, fmt, ap);
	va_end(ap);
	g_string_append_c(text, '\n');
}
