/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_BASE_TEXT_H
#define NETSWAP_BASE_TEXT_H

#include <glib.h>

/* Append a formatted line, and its newline, to @text. */
void text_line(GString *text, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* For g_ptr_array_sort() of strings: strcmp() of what @a and @b point to. */
gint text_compare(gconstpointer a, gconstpointer b);

/* How a process ended, by waitpid(2)'s status: "ended with status 7", "was killed by SIGKILL".
 * Caller frees. */
char *text_wait_status(int wait_status);

#endif
