/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_MACHINE_NVME_PROBE_H
#define NETSWAP_MACHINE_NVME_PROBE_H

#include <glib.h>

/*
 * The second client of an NVMe/TCP target: over the connection @fd (taken
 * over), connect to the admin queue of subsystem @nqn, leave.  Reads no block: that
 * would need a second connection.  Errors: NETSWAP_ERROR_INFRA.
 */
gboolean nvme_probe(int fd, const char *nqn, guint deadline_ms, GError **error);

#endif
