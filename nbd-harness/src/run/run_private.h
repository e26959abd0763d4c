/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run while it lasts: its state, and the files that share it.
 *
 *	run.c	  run_scenario(): the lifecycle below, in one place; frees
 *	begin.c	  run_prepare()	  kernel, image, accelerator, script, record
 *		  run_start()	  the machine
 *	watch.c	  run_tick()	  ten times a second, until .ended: sample, console,
 *				  guest opened, faults, judge, snapshot if it wants one
 *	events.c  run_event(), ... what goes into the record and to the judge
 *		  run_machine_events, run_fault_ops: what happens between the ticks
 *	end.c	  run_save()	  verdict first, then what the guest handed over, vmcore
 *
 * Whatever ends a run goes through run_evidence() or judge_sample(), so that
 * the recorded stream explains the verdict.
 */
#ifndef NETSWAP_RUN_RUN_PRIVATE_H
#define NETSWAP_RUN_RUN_PRIVATE_H

#include "base/progress.h"
#include "guest/observer.h"
#include "machine/machine.h"
#include "machine/schedule.h"
#include "run/boot.h"
#include "run/fair.h"
#include "run/klog.h"
#include "run/record.h"
#include "run/run.h"

struct run {
	const struct scenario *scenario;
	const struct run_options *options;

	/* from run_prepare() on */
	struct boot boot;
	char *script;
	struct judge_config limits;
	struct record *record;
	int console_fd, qemu_log_fd, server_log_fd;
	int peer_console_fd;	       /* -1: the server has no VM of its own */
	int pcap_fd;		       /* -1: the link is not recorded */
	struct klog *klog, *peer_klog; /* the latter NULL without such a VM */
	struct judge *judge;
	struct progress *progress;
	GMainLoop *loop;

	/* from run_start() on; NULL if it failed */
	struct machine *machine;
	struct schedule *schedule;
	struct fair *fair;

	/* once the guest's kernel can be believed */
	struct guest *guest;
	struct observer *observer;
	char *vmcoreinfo;

	/* the watch */
	struct sample now; /* the last sample */
	GArray *qemu_pids, *server_pids;
	guint ticks;
	gint64 tick_cpu_us;   /* CPU time of this process spent in ticks */
	gint64 swap_on_us;    /* monotonic time at which the board said SWAP_ON */
	gint64 press_host_us; /* when PRESSING was first seen, -1 before */
	gint64 pressed_us;    /* host time of the last sample of the pressure */
	gboolean ended;
	gboolean spoilt;	    /* see run_result.spoilt */
	gboolean record_failed;	    /* said once */
	gboolean killed_on_purpose; /* the server, by a fault */
	gboolean held_on_purpose;   /* the server, by a fault that is in force */
};

/* begin.c: errors of run_prepare() mean that there is no run; those of run_start() are INFRA. */
gboolean run_prepare(struct run *r, GError **error);
gboolean run_start(struct run *r, GError **error);

/* watch.c: sources for the main loop. */
#define RUN_TICK_MS	  100
#define RUN_BOOT_WATCH_MS 5 /* the boot is timed finer than samples come */
gboolean run_tick(gpointer run);
gboolean run_watch_boot(gpointer run);
void run_clear_sample(struct sample *s);

/* events.c */
void run_check_recorded(struct run *r, gboolean ok);
void run_event(struct run *r, enum event_kind kind, const char *name, const char *detail);
void run_evidence(struct run *r, enum verdict v, const char *name, const char *reason);
void run_infra(struct run *r, GError *error); /* takes @error; ends the run */
void run_stop(struct run *r);
void run_poll_consoles(struct run *r); /* of the guest and of the server's VM */
struct machine_events run_machine_events(struct run *r);
extern const struct fault_ops run_fault_ops;

/* end.c */
gboolean run_save(struct run *r, struct run_result *result, GError **error);

#endif
