/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run record: a directory that is only ever appended to while the run
 * lasts, so that whatever is killed, what was recorded is readable.
 *
 *	run.json	 what was run: written once at the start
 *	samples.jsonl	 struct sample, one object a line
 *	events.jsonl	 phases, faults, evidence, server, QMP: one object a line
 *	snapshots.jsonl	 struct snapshot, one object a line
 *	verdict.json	 written last, by rename
 *
 * Every line carries "n", a number that rises over all three streams: it gives
 * back the order in which the judge saw them, so record_replay() rules on the
 * same facts again.  A torn last line is ignored.
 */
#ifndef NETSWAP_RUN_RECORD_H
#define NETSWAP_RUN_RECORD_H

#include <json-glib/json-glib.h>

#include "judge/judge.h"

enum event_kind {
	EVENT_PHASE,	   /* name: the board's phase */
	EVENT_FAULT_BEGIN, /* name: of the fault */
	EVENT_FAULT_END,
	EVENT_EVIDENCE, /* verdict and detail: goes to the judge */
	EVENT_QMP,	/* name: QMP event */
	EVENT_CHILD,	/* name: of a process of the pod that ended; detail: how */
	EVENT_CONSOLE,	/* name: what the line is about; detail: the line */
	EVENT_SNAPSHOT, /* detail: how long the VM was stopped */
	EVENT_NOTE,	/* detail */
	EVENT_KINDS,
};

const char *event_kind_name(enum event_kind kind);

struct record {
	char *dir; /* absolute */
	guint64 n;
	int samples_fd, events_fd, snapshots_fd;
};

/* Make @dir (or @dir-2, ... if it exists: a run is never overwritten) and its files.  Errors:
 * NETSWAP_ERROR_INFRA. */
struct record *record_new(const char *dir, GError **error);
void record_free(struct record *r);
DEFINE_SCOPED(record, record_free)

char *record_path(const struct record *r, const char *name);
/* Write a whole file of the record, by rename.  */
gboolean record_file(const struct record *r, const char *name, const char *text, GError **error);
gboolean record_json(const struct record *r, const char *name, JsonBuilder *builder,
		     GError **error);

/* Append; FALSE when the disk refuses (said once by the caller, the run goes on in memory). */
gboolean record_sample(struct record *r, const struct sample *s);
gboolean record_event(struct record *r, enum event_kind kind, const struct sample *now,
		      const char *name, enum verdict verdict, const char *detail);
gboolean record_snapshot(struct record *r, const struct snapshot *s);

/*
 * Snapshot @number (from 1; 0: the last) of the record in @dir; *count gets how
 * many there are.  NULL with NETSWAP_ERROR_USAGE when it has none such.  Caller
 * frees with snapshot_free().
 */
struct snapshot *record_read_snapshot(const char *dir, guint number, guint *count, GError **error);

/*
 * Give a recorded run to a fresh judge and conclude.  Returns the judge (its
 * ruling is judge_conclude()'s), or NULL when the directory is not a run.
 */
struct judge *record_replay(const char *dir, const struct judge_config *config, GError **error);

/* The same, with everything shown to the caller as well, in the order in which it happened. */
struct record_tap {
	void (*sample)(const struct sample *s, gpointer data);
	void (*event)(JsonObject *event, gpointer data);
	void (*snapshot)(const struct snapshot *s, gpointer data);
	gpointer data;
};
struct judge *record_replay_tapped(const char *dir, const struct judge_config *config,
				   const struct record_tap *tap, GError **error);

#endif
