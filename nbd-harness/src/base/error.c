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
