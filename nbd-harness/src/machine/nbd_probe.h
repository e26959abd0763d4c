/* SPDX-License-Identifier: GPL-2.0-only */
/* A second, read-only NBD client: is the server there, and does it answer? */
#ifndef NETSWAP_MACHINE_NBD_PROBE_H
#define NETSWAP_MACHINE_NBD_PROBE_H

#include <glib.h>

/*
 * Over the connected socket @fd (taken over): open export @name, check that it
 * is @size_bytes long, read its first block, leave.  Never writes, never waits
 * past @deadline_ms.  Errors: NETSWAP_ERROR_INFRA, the reason alone.
 */
gboolean nbd_probe(int fd, const char *name, guint64 size_bytes, guint deadline_ms, GError **error);

#endif
