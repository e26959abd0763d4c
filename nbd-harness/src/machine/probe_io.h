/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocking exchanges with a deadline, for second clients that have no library. */
#ifndef NETSWAP_MACHINE_PROBE_IO_H
#define NETSWAP_MACHINE_PROBE_IO_H

#include <glib.h>

/* All of @bytes, until the monotonic time @until_us; errors: NETSWAP_ERROR_INFRA. */
gboolean probe_send(int fd, const void *data, gsize bytes, gint64 until_us, GError **error);
gboolean probe_receive(int fd, void *data, gsize bytes, gint64 until_us, GError **error);

#endif
