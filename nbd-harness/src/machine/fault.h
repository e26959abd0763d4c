/* SPDX-License-Identifier: GPL-2.0-only */
/* What each kind of fault does to a machine. */
#ifndef NETSWAP_MACHINE_FAULT_H
#define NETSWAP_MACHINE_FAULT_H

#include "machine/machine.h"

gboolean fault_begin(struct machine *m, const struct scenario_fault *fault, GError **error);
gboolean fault_end(struct machine *m, const struct scenario_fault *fault, GError **error);
/* In force, and has it healed itself? */
gboolean fault_is_over(struct machine *m, const struct scenario_fault *fault);

/*
 * Does it keep the guest from its swap, so that standing still is no wonder?
 * Others (a flipped bit, an error reply, a write inside the guest) happen and
 * are over; what follows is the kernel's own doing.
 */
gboolean fault_disturbs(enum fault_kind kind);
/* A child called @name that ends by this kind of fault ended as ordered. */
gboolean fault_kills(enum fault_kind kind, const char *name);

#endif
