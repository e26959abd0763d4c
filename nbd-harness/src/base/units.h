/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers with units, as people write them in scenarios and options.  A unit
 * is required, so that nobody has to guess; only 0 needs none.
 *
 * Error messages (NETSWAP_ERROR_USAGE) begin with the text itself, so that a
 * caller can put the place in front: "machine.memory=" + "128 has no unit; ...".
 */
#ifndef NETSWAP_BASE_UNITS_H
#define NETSWAP_BASE_UNITS_H

#include <glib.h>

#define PAGES_PER_MIB 256 /* of 4 KiB, as x86-64 has them */

/* "4096B", "64K", "128M", "1G", "2T": powers of 1024. */
gboolean units_parse_bytes(const char *text, guint64 *bytes, GError **error);
/* "50ms", "30s", "5min", "2h". */
gboolean units_parse_ms(const char *text, guint64 *ms, GError **error);
/* "50%": 0..100. */
gboolean units_parse_percent(const char *text, guint64 *percent, GError **error);
/* "8": digits only. */
gboolean units_parse_count(const char *text, guint64 *count, GError **error);

/* The shortest exact text that parses to the same number; caller frees. */
char *units_format_bytes(guint64 bytes);
char *units_format_ms(guint64 ms);

#endif
