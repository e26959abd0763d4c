/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap servers (backends) behind one ops table.  A server serves one export
 * called "swap" (of nfsd: the file; of nvmet: the subsystem) from an image that
 * the harness owns as a descriptor; nobody else can open it, and nobody outside
 * the pod can connect.
 */
#ifndef NETSWAP_MACHINE_SERVER_H
#define NETSWAP_MACHINE_SERVER_H

#include <glib.h>

#include "machine/pod.h"
#include "scenario/scenario.h"

#define SERVER_EXPORT "swap"

/* NVMe's names: of the subsystem, and of the guest that connects to it. */
#define SERVER_NQN	 "nqn.2026-11.netswap:" SERVER_EXPORT
#define SERVER_GUEST_NQN "nqn.2026-11.netswap:guest"
#define SERVER_GUEST_ID	 "6e737770-0000-4000-8000-000000000001"

struct server;

struct server_ops {
	const char *name;    /* "nbd-server" */
	const char *program; /* looked up in PATH; NULL: a kernel's, in a VM of its own */
	gboolean forks;	     /* a process for each connection, child of the one that listens */
	gboolean detaches;   /* forks into the background: see pod_spawn_daemon() */
	/* Append to @argv (of char *) what serves /proc/self/fd/@image_fd read-write on
	 * 127.0.0.1:port; more files go to the pod's /tmp. */
	gboolean (*command)(struct server *server, GPtrArray *argv, int image_fd, GError **error);
	/* A second, read-only client over the connected socket @fd (taken over): TRUE if it was
	 * answered. */
	gboolean (*probe)(struct server *server, int fd, guint deadline_ms, GError **error);
	/* Optional: how large its image must be for so much swap. */
	guint64 (*image_bytes)(guint64 swap_bytes);
	/* Optional: the server answers reads with EIO from now on (on), or no longer. */
	gboolean (*inject_eio)(struct server *server, gboolean on, GError **error);
};

extern const struct server_ops
	*const server_ops_table[]; /* NULL-terminated; the first is the default */
const struct server_ops *server_ops_find(const char *name);

/* The size of the image that the backend of @scenario serves from. */
guint64 server_image_bytes(const struct scenario *scenario);
/*
 * Start the backend of @scenario in @pod, its log to @log_fd, serving
 * @image_fd (scenario->swap.size_bytes long); returns when a read-only client
 * (libnbd) has read a block, or fails within @deadline_ms.
 */
struct server *server_start(struct pod *pod, const struct scenario *scenario, int image_fd,
			    int log_fd, guint deadline_ms, GError **error);
/*
 * The same for one that was started in a VM, the pod's child @vm, and is reached through a
 * port of the pod's loopback that is forwarded.
 */
struct server *server_in_vm(struct pod *pod, const struct scenario *scenario, struct pod_child *vm,
			    int log_fd, guint deadline_ms, GError **error);
struct pod_child *server_child(struct server *server);
gboolean server_inject_eio(struct server *server, gboolean on, GError **error);
/* End every connection by ending its process (backend nbd-server). */
gboolean server_reset(struct server *server, GError **error);
/* Connect a second, read-only client, read one block, disconnect; TRUE if answered within
 * @deadline_ms. */
gboolean server_answers(struct server *server, guint deadline_ms, GError **error);
void server_free(struct server *server); /* does not end the child: the pod does */

#endif
