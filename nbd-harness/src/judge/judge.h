/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge: facts in, a ruling out.  Pure: no I/O, no clock of its own, no VM;
 * the same facts give the same ruling, so a recorded run replays.
 *
 *	samples (10 Hz) --> progress --> quiet for long? --> wants a snapshot
 *	snapshots -------> wait graph --> the same knot twice --> DEADLOCK
 *	faults, console, harness ------> evidence for the other verdicts
 *
 * All patience is counted in fair time (struct sample, fair_us).  A hang
 * without a fault is convicted 8 to 10 s of fair time after the last progress;
 * while a fault is in force nobody is convicted, and after it healed the count
 * begins anew and the sockets' retransmit timers get their two chances.
 */
#ifndef NETSWAP_JUDGE_JUDGE_H
#define NETSWAP_JUDGE_JUDGE_H

#include "judge/facts.h"
#include "judge/waitgraph.h"

struct judge_config {
	gint64 floor_out_pages; /* swap traffic that a PASS needs */
	gint64 floor_in_pages;
	gint64 boot_deadline_us;  /* of fair time, until pressure begins */
	gint64 press_deadline_us; /* of fair time, from then on */
};

enum judge_wants {
	JUDGE_WANTS_NOTHING,
	JUDGE_WANTS_SNAPSHOT, /* stop the VM, read it, give it to judge_snapshot() */
	JUDGE_WANTS_END,      /* decided: judge_conclude() */
};

struct judge;

struct judge *judge_new(const struct judge_config *config);
void judge_free(struct judge *j);

enum judge_wants judge_sample(struct judge *j, const struct sample *s);
/* Takes ownership of @s. */
enum judge_wants judge_snapshot(struct judge *j, struct snapshot *s);
/* Fault @name begins or is healed (now = the last sample's time). */
void judge_fault(struct judge *j, const char *name, gboolean begins);
/* Something said so: the console, QMP, the harness.  The first reason for a verdict is kept. */
void judge_evidence(struct judge *j, enum verdict v, const char *reason);

/* Standing still while a fault is in force: STARVED for as long as it lasts. */
gboolean judge_is_starved(const struct judge *j);

/* How swapping went, from the first sample under pressure to the last, in host time. */
struct traffic {
	gint64 pressed_us;
	gint64 out_pages, in_pages;
	gint64 stall_us;     /* the longest in which the pressure touched no page */
	gint64 recovered_us; /* from when the last fault was healed until it did; -1: no fault, or
				never */
};

struct ruling {
	enum verdict verdict;
	gboolean held[VERDICTS]; /* all that held */
	char *reason[VERDICTS];	 /* one sentence each, or NULL */
	char *signature;	 /* DEADLOCK: of the knot; else "" */
	gint64 last_progress_host_us, last_progress_fair_us;
	gint64 decided_host_us, decided_fair_us;
	struct traffic traffic;
	const struct snapshot *snapshot; /* the last one, or NULL; owned by the judge */
	const struct waitgraph *graph;	 /* of that snapshot, or NULL */
};

/* The ruling on all that was given; valid until judge_free(). */
const struct ruling *judge_conclude(struct judge *j);

#endif
