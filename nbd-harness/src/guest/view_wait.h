/* SPDX-License-Identifier: GPL-2.0-only */
/* What a sleeping task stands in line for, found typed on its stack. */
#ifndef NETSWAP_GUEST_VIEW_WAIT_H
#define NETSWAP_GUEST_VIEW_WAIT_H

#include "base/scope.h"
#include "guest/guest.h"
#include "guest/unwind.h"
#include "judge/facts.h"

/* Of one moment: what a ring of waiters was found to be holds until the guest runs again. */
struct view_wait *view_wait_new(const struct guest *g);
void view_wait_free(struct view_wait *v);
DEFINE_SCOPED(view_wait, view_wait_free)

/*
 * Fill t->on from @stack, a copy of its stack whose frames are in @t already.
 * It stays OBJECT_NONE where nothing was found, or what was found did not hold
 * together.
 */
void view_wait_find(const struct view_wait *v, const struct stack *stack, struct task_facts *t);

#endif
