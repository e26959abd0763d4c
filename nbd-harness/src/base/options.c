// SPDX-License-Identifier: GPL-2.0-only
#include "base/options.h"

#include "base/error.h"

gboolean options_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *operands,
		       const char *about, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(operands);

	g_option_context_set_description(context, about);
	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse(context, argc, argv, error);
}

int options_fail(const GError *error)
{
	g_printerr("%s: %s\n", g_get_prgname(), error->message);
	return netswap_error_exit_status(error);
}
