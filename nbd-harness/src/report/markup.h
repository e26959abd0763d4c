/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing HTML and SVG.  A guest chooses the names of its tasks and the words on
 * its console: every string goes through markup_add(), which escapes it, and
 * the finished page through markup_finish().
 */
#ifndef NETSWAP_REPORT_MARKUP_H
#define NETSWAP_REPORT_MARKUP_H

#include <glib.h>

/* Append a formatted piece of markup; each %s is escaped, and is safe between tags and inside
 * double quotes. */
void markup_add(GString *out, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Append a string that is markup already. */
#define markup_raw(out, text) g_string_append(out, text)
/* Make it valid: what is no UTF-8, or not allowed in a document, becomes U+FFFD.  Frees @out;
 * caller frees the result. */
char *markup_finish(GString *out);

/* Numbers for people: "12,345,678"; caller frees. */
char *grouped(gint64 number);

#endif
