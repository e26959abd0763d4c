// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <string.h>
#include <sys/wait.h>

void text_line(GString *text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_string_append_vprintf(text, fmt, ap);
	va_end(ap);
	g_string_append_c(text, '\n');
}

char *text_wait_status(int wait_status)
{
	const char *name;

	if (!WIFSIGNALED(wait_status))
		return g_strdup_printf("ended with status %d", WEXITSTATUS(wait_status));
	name = sigabbrev_np(WTERMSIG(wait_status));
	return name ? g_strdup_printf("was killed by SIG%s", name)
		    : g_strdup_printf("was killed by signal %d", WTERMSIG(wait_status));
}

gint text_compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}
