/* SPDX-License-Identifier: GPL-2.0-only */
/* The TCP sockets that swap goes over: what is queued, unacknowledged, and their timers. */
#ifndef NETSWAP_GUEST_VIEW_SOCKET_H
#define NETSWAP_GUEST_VIEW_SOCKET_H

#include "guest/guest.h"
#include "judge/facts.h"

struct view_socket;

struct view_socket *view_socket_new(const struct guest *g);
void view_socket_free(struct view_socket *v);

/* A new sample: nothing of it has been seen yet. */
void view_socket_begin(const struct view_socket *v, struct sample *s);
/* Add the struct sock @sk to the sample. */
void view_socket_sample(struct view_socket *v, guint64 sk, struct sample *s);
/* Append it, called @name, to the snapshot (guest stopped), and name the waits for its lock.
 * FALSE: it is not connected. */
gboolean view_socket_snapshot(struct view_socket *v, guint64 sk, const char *name,
			      struct snapshot *snapshot);

/*
 * All sockets that the kernel has marked as needed for swap (SOCK_MEMALLOC), whatever the
 * transport: into the sample, or with @snapshot into that.  FALSE: they could not all be seen.
 */
gboolean view_socket_memalloc(struct view_socket *v, struct sample *s, struct snapshot *snapshot);
/* Into the sample only those that have not got it, and are being connected. */
void view_socket_connecting(struct view_socket *v, struct sample *s);

#endif
