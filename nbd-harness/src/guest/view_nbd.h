/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's NBD devices: requests in flight and their age, completions, sockets. */
#ifndef NETSWAP_GUEST_VIEW_NBD_H
#define NETSWAP_GUEST_VIEW_NBD_H

#include "guest/guest.h"
#include "guest/view_socket.h"
#include "judge/facts.h"

struct view_nbd;

/* Of a kernel without the driver there is nothing to see, and view_nbd_is_there() says why.
 * @sockets is not owned. */
struct view_nbd *view_nbd_new(const struct guest *g, struct view_socket *sockets);
gboolean view_nbd_is_there(const struct view_nbd *v, GError **error);
void view_nbd_free(struct view_nbd *v);

/* Fill the swap device fields of @s, whose host_us must be set: ages are counted from the
 * sample that first saw a request. */
void view_nbd_sample(struct view_nbd *v, struct sample *s);

/* Append the sockets (guest stopped), and name the tx_lock mutexes among the waits of
 * @snapshot->tasks. */
gboolean view_nbd_snapshot(struct view_nbd *v, struct snapshot *snapshot);

/*
 * What only we know of @request, of a queue whose mq_ops are at @ops, in flight
 * in a guest stopped at @host_us: age and whether it was sent.  Unknown where
 * it is not NBD's.
 */
void view_nbd_request(const struct view_nbd *v, guint64 ops, guint64 request, guint64 start_ns,
		      gint64 host_us, struct request_facts *facts);

#endif
