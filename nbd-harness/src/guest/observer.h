/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The observer: everything read from one guest, as samples (running, 10 Hz,
 * microseconds each) and snapshots (stopped).
 */
#ifndef NETSWAP_GUEST_OBSERVER_H
#define NETSWAP_GUEST_OBSERVER_H

#include "guest/guest.h"
#include "judge/facts.h"

struct board;
struct observer;

/*
 * Watch @g and @board (mapped, BOARD_BYTES; NULL: for snapshots only); neither is owned.
 * @over_nbd: its swap is, so that it is an error if that cannot be seen.
 */
struct observer *observer_new(const struct guest *g, const struct board *board, gboolean over_nbd,
			      GError **error);
void observer_free(struct observer *o);

/* All fields unknown, but for what the board says: what a sample is before the guest is opened. */
void observer_sample_board(const struct board *board, struct sample *s);

/* Fill all fields that are read from guest and board; s->host_us must be set. */
void observer_sample(struct observer *o, struct sample *s);

/*
 * A full reading at @host_us; the VM must be stopped.  @cpus: its registers, of struct
 * vcpu_registers (machine/registers.h), NULL if not known.  Caller frees.
 */
struct snapshot *observer_snapshot(struct observer *o, gint64 host_us, const GArray *cpus);

#endif
