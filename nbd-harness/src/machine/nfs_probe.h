/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_MACHINE_NFS_PROBE_H
#define NETSWAP_MACHINE_NFS_PROBE_H

#include <glib.h>

/*
 * The second client of an NFS server: over the connection @fd (taken over), read
 * the first block of file @name in its root, leave.  Never writes, holds no state there.
 * Errors: NETSWAP_ERROR_INFRA.
 */
gboolean nfs_probe(int fd, const char *name, guint deadline_ms, GError **error);

#endif
