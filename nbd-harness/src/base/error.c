// SPDX-License-Identifier: GPL-2.0-only
#include "base/error.h"

G_DEFINE_QUARK(netswap_error, netswap_error)

int netswap_error_exit_status(const GError *error)
{
	if (error->domain == G_OPTION_ERROR ||
	    g_error_matches(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE))
		return NETSWAP_EXIT_USAGE;
	return NETSWAP_EXIT_INFRA;
}

gboolean error_at(GError **error, const char *where, const char *fmt, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, fmt);
	message = g_strdup_vprintf(fmt, args);
	va_end(args);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s: %s", where, message);
	return FALSE;
}
