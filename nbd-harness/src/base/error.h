/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One error type for the whole harness: a GError whose code decides the exit
 * status of the process (DESIGN contract: 2 usage or scenario, 125 the rest).
 *
 * A message is one sentence that names the thing, the place (file:line where
 * there is one) and what to do about it.  It has no trailing newline.
 */
#ifndef NETSWAP_BASE_ERROR_H
#define NETSWAP_BASE_ERROR_H

#include <glib.h>

enum netswap_error {
	NETSWAP_ERROR_USAGE,	   /* wrong command line or scenario: exit 2 */
	NETSWAP_ERROR_INFRA,	   /* host, build, QEMU or server failed: exit 125 */
	NETSWAP_ERROR_GUEST,	   /* the guest's memory could not be read or believed: exit 125 */
	NETSWAP_ERROR_INTERRUPTED, /* SIGINT or SIGTERM ended it: exit 125 */
};

#define NETSWAP_ERROR (netswap_error_quark())
GQuark netswap_error_quark(void);

enum netswap_exit {
	NETSWAP_EXIT_AS_EXPECTED = 0,
	NETSWAP_EXIT_UNEXPECTED = 1,
	NETSWAP_EXIT_USAGE = 2,
	NETSWAP_EXIT_INFRA = 125,
};

/* The exit status that belongs to @error (not NULL). */
int netswap_error_exit_status(const GError *error);

/* Set NETSWAP_ERROR_USAGE: "WHERE: " and the message; @where is file:line.  Returns FALSE. */
gboolean error_at(GError **error, const char *where, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

#endif
