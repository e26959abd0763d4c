/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fair time: of the host's time, the part in which the VM and the swap server
 * had the CPU that they wanted.
 *
 * An emulated guest runs on the host's clock, so a host that is busy, or that
 * stops QEMU, looks from inside like a hang.  Per interval we add up, over all
 * threads, the time they ran and the time they waited on a run queue
 * (/proc/PID/task/TID/schedstat).  A thread that is runnable but got no CPU at
 * all does not show its wait there until it runs, and a stopped one never
 * does: both are told by the state in .../stat and count as waiting all along.
 *
 *	share lost = waited / (ran + waited), of the interval;
 *	but no more is lost than was waited for: an idle guest loses nothing
 *
 * An interval in which the harness itself did not run (it was stopped, or the
 * host was) is not evidence of anything: only INTERVAL_MAX of it counts.
 */
#ifndef NETSWAP_RUN_FAIR_H
#define NETSWAP_RUN_FAIR_H

#include <glib.h>
#include <sys/types.h>

struct fair;

struct fair *fair_new(void);
void fair_free(struct fair *f);

struct fair_reading {
	gint64 host_us;		 /* CLOCK_MONOTONIC since fair_new() */
	gint64 fair_us;		 /* accumulated */
	gint64 first_cpu_us;	 /* CPU time of the first group's threads (QEMU) */
	gint64 second_cpu_us;	 /* of the second's (server) */
	gboolean second_stopped; /* a thread of the second group is stopped (T) */
	guint first_threads, second_threads;
};

/*
 * Take the interval since the last call.  @first and @second: processes (GArray
 * of pid_t) whose threads count; @vm_running: FALSE makes the interval unfair
 * as a whole; @second_held: the second group is stopped on purpose, by a fault, which is not
 * the host's doing.
 */
void fair_read(struct fair *f, const GArray *first, const GArray *second, gboolean vm_running,
	       gboolean second_held, struct fair_reading *r);

#endif
