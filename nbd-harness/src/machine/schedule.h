/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault schedule of one run: WAITING -> IN FORCE -> HEALED, each fault by
 * its own time and condition.  Pure; what a fault does is said by an ops table
 * that the run fills.  What is left to chance (within=, chance=) the seed draws,
 * for each fault by its name: what it draws for one does not depend on the others.
 */
#ifndef NETSWAP_MACHINE_SCHEDULE_H
#define NETSWAP_MACHINE_SCHEDULE_H

#include "judge/facts.h"
#include "scenario/scenario.h"

struct fault_ops {
	/* Bring it into force / take it back.  FALSE: could not (the run is INFRA). */
	gboolean (*begin)(const struct scenario_fault *fault, gpointer data, GError **error);
	gboolean (*end)(const struct scenario_fault *fault, gpointer data, GError **error);
	/* Optional: is it over by itself, so that it may be taken back? */
	gboolean (*is_over)(const struct scenario_fault *fault, gpointer data);
};

struct schedule;

struct schedule *schedule_new(const struct scenario *s, guint64 seed, const struct fault_ops *ops,
			      gpointer data);
void schedule_free(struct schedule *s);

/* Act on what is due: @since_press_ms of host time, @now for conditions: one whose value is
 * not known is not met. */
gboolean schedule_run(struct schedule *s, gint64 since_press_ms, const struct sample *now,
		      GError **error);

#endif
