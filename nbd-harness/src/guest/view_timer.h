/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers of the guest that may bring its swap back: to connect anew, to give a request up. */
#ifndef NETSWAP_GUEST_VIEW_TIMER_H
#define NETSWAP_GUEST_VIEW_TIMER_H

#include "guest/guest.h"
#include "judge/facts.h"

struct view_timer;

struct view_timer *view_timer_new(const struct guest *g);
void view_timer_free(struct view_timer *v);
/* Fill s->recovery_timers and s->recovery_fires; leave them where they cannot be read. */
void view_timer_sample(struct view_timer *v, struct sample *s);

#endif
