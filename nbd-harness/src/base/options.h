/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of one command: GLib's option table, with our way to fail.
 *
 *	g_autoptr(GError) error = NULL;
 *	if (!options_parse(&argc, &argv, entries, "SCENARIO…", about, &error))
 *		return options_fail(error);
 */
#ifndef NETSWAP_BASE_OPTIONS_H
#define NETSWAP_BASE_OPTIONS_H

#include <glib.h>

/*
 * Parse and remove options; what stays in @argv are argv[0] and the operands.
 * @entries ends with { NULL } and may be NULL; @operands is shown after
 * "[OPTION…]"; @about is printed below the options.  --help prints all this
 * and exits with 0.  Errors: G_OPTION_ERROR, a usage error.
 */
gboolean options_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *operands,
		       const char *about, GError **error);
/* Say @error on standard error as "netswap COMMAND: ..."; returns the exit status that belongs to
 * it. */
int options_fail(const GError *error);

#endif
