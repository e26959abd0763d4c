/* SPDX-License-Identifier: GPL-2.0-only */
/* What the backends know of a server.  Only server*.c include this. */
#ifndef NETSWAP_MACHINE_SERVER_PRIVATE_H
#define NETSWAP_MACHINE_SERVER_PRIVATE_H

#include "machine/server.h"

struct server {
	const struct server_ops *ops;
	struct pod *pod;
	struct pod_child *child;
	guint16 port;
	guint64 size_bytes;
	guint delay_ms;		  /* 0: none */
	guint64 rate_bytes_per_s; /* 0: unlimited */
};

extern const struct server_ops nbd_server_ops, nbdkit_ops, qemu_nbd_ops, nfsd_ops, nvmet_ops;

/* ops.probe of those that speak NBD. */
gboolean server_probe_nbd(struct server *server, int fd, guint deadline_ms, GError **error);

/* The folder, file or link called @name in the pod's /tmp, as seen from here; caller frees. */
char *server_tmp_path(struct server *server, const char *name);

#endif
