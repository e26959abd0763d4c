// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stack.h"

#include <string.h>

#define GUESS "? "

char *stack_frame_text(const struct stack_frame *f)
{
	const char *guess = f->guess ? GUESS : "";

	if (f->function)
		return g_strdup_printf("%s%s+0x%x", guess, f->function, f->offset);
	return g_strdup_printf("%s0x%" G_GINT64_MODIFIER "x", guess, f->address);
}

struct stack_frame stack_frame_parse(const char *text, guint64 address)
{
	struct stack_frame f = { .address = address, .guess = g_str_has_prefix(text, GUESS) };
	const char *function = text + (f.guess ? strlen(GUESS) : 0);
	const char *plus = strchr(function, '+');

	if (plus && plus > function) {
		g_autofree char *name = g_strndup(function, plus - function);

		f.function = g_intern_string(name);
		f.offset = g_ascii_strtoull(plus + 1, NULL, 16);
	}
	return f;
}
