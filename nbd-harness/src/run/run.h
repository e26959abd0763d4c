/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run: a scenario and a seed -> a run directory with a verdict.
 *
 *	kernel, image -> record -> machine -> 10 Hz: fair time, sample, console,
 *	faults -> judge -> snapshots when it wants them -> verdict.json, reports
 */
#ifndef NETSWAP_RUN_RUN_H
#define NETSWAP_RUN_RUN_H

#include <json-glib/json-glib.h>

#include "judge/judge.h"
#include "scenario/scenario.h"

#define RUN_BOOTS_MAX 3
#define RUN_DIRS      "netswap-runs" /* where run directories go unless said otherwise */

struct run_options {
	guint64 seed;
	const char *dir;	/* of the run; made */
	gboolean observer_off;	/* to measure its cost: guest memory is not read */
	gboolean measure_stops; /* a snapshot with every sample, which nobody judges */
	/* Called with the run's directory when its verdict is there and the machine still is: makes
	 * the reports. */
	gboolean (*report)(const char *dir, GError **error);
	/* A verdict that is not the expected one: keep the machine, with the terminal on its
	 * console, until Ctrl-]. */
	gboolean shell_on_failure;
};

struct run_result {
	enum verdict verdict, expected;
	gboolean as_expected;
	/* What runs the guest or serves it broke, and neither is on trial: the emulator before
	 * anything was swapped, or the kernel of the server's VM at any time. */
	gboolean spoilt;
	struct traffic traffic;
	gint64 detected_after_us; /* of fair time, from the last progress to the decision */
	gint64 duration_us;	  /* of host time, from QEMU's start */
	char *dir, *scenario, *signature, *kernel;
	guint64 seed;
};

/*
 * FALSE when there is no verdict because the run could not begin (its
 * scenario, kernel or image); everything after that has one, INFRA if need be.
 */
gboolean run_scenario(const struct scenario *s, const struct run_options *options,
		      struct run_result *result, GError **error);
/*
 * run_scenario() for options->seed into a folder of @out that is named after
 * scenario, time and seed; options->dir is not used.  A run that was spoilt says
 * nothing of the guest's kernel, and happens once in some hundred: it is begun
 * again, at most RUN_BOOTS_MAX times in all.  Its record stays.
 */
gboolean run_seed(const struct scenario *s, const struct run_options *options, const char *out,
		  struct run_result *result, GError **error);
void run_result_clear(struct run_result *r);
/* Add its members to the object that @b has open. */
void run_result_to_json(const struct run_result *r, JsonBuilder *b);

/* Set by signal handlers: the run under way ends soon, as INFRA. */
void run_interrupt(void);
gboolean run_interrupted(void);

#endif
