/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's NBD devices: requests in flight and their age, completions, sockets. */
#ifndef NETSWAP_GUEST_VIEW_NBD_H
#define NETSWAP_GUEST_VIEW_NBD_H

#include "guest/guest.h"
#include "judge/facts.h"

struct view_nbd;

struct view_nbd *view_nbd_new(const struct guest *g, GError **error);
void view_nbd_free(struct view_nbd *v);

/* Fill the swap device fields of @s, whose host_us must be set: ages are counted from the
 * sample that first saw a request. */
void view_nbd_sample(struct view_nbd *v, struct sample *s);

/* Append requests in flight and sockets (guest stopped, at host time @host_us), and name
 * the tx_lock mutexes among the waits of @snapshot->tasks. */
gboolean view_nbd_snapshot(struct view_nbd *v, gint64 host_us, struct snapshot *snapshot);

#endif
