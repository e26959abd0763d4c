/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every report is made from: a finished record, read once and judged
 * again, so that reports see the judge's structs and not their JSON.
 */
#ifndef NETSWAP_REPORT_INPUT_H
#define NETSWAP_REPORT_INPUT_H

#include <json-glib/json-glib.h>

#include "judge/judge.h"

struct report_event {
	gint64 host_us;
	char *kind, *name, *detail; /* "fault-begin", "phase", ...: see event_kind_name() */
};

struct report_input {
	char *dir;
	JsonObject *run;     /* run.json */
	JsonObject *verdict; /* verdict.json: the ruling that counts */

	/* Of the record; empty when it could not be read. */
	GArray *samples;	/* of struct sample */
	GArray *events;		/* of struct report_event */
	GArray *snapshot_times; /* of gint64, host_us */
	char *console;		/* console.log; never NULL */

	struct judge *judge;
	const struct ruling *ruling; /* judged again now; NULL with @trouble */
	char *trouble;		     /* why the record could not be judged again, or NULL */
};

/* Errors: run.json or verdict.json cannot be read.  Everything else may be missing. */
struct report_input *report_input_open(const char *dir, GError **error);
void report_input_free(struct report_input *in);
DEFINE_SCOPED(report_input, report_input_free)

/* The last snapshot and its graph, if the ruling has one. */
const struct snapshot *report_snapshot(const struct report_input *in);
const struct waitgraph *report_graph(const struct report_input *in);
/* The last sample, or NULL. */
const struct sample *report_last_sample(const struct report_input *in);
/* A whole file of the record; "" when it is not there.  Caller frees. */
char *report_file(const struct report_input *in, const char *name);

/* Members of JSON objects, of whatever type they turn out to be: "" or 0 when it is not there. */
const char *member_text(JsonObject *o, const char *name);
/* How its swap reached the server: "nbd", also in records of when there was nothing else. */
const char *report_transport(const struct report_input *in);
gint64 member_int(JsonObject *o, const char *name);
double member_double(JsonObject *o, const char *name);
gboolean member_bool(JsonObject *o, const char *name);
JsonArray *member_array(JsonObject *o, const char *name);   /* NULL when it is not there */
JsonObject *member_object(JsonObject *o, const char *name); /* likewise */

#endif
