/* SPDX-License-Identifier: GPL-2.0-only */
/* From a ruling to verdict.json, and from a record that was cut short to one that is complete. */
#ifndef NETSWAP_RUN_CONCLUDE_H
#define NETSWAP_RUN_CONCLUDE_H

#include <json-glib/json-glib.h>

#include "judge/judge.h"
#include "run/record.h"

/* run.json's part that the judge needs again when a record is replayed. */
void judge_config_to_json(const struct judge_config *c, JsonBuilder *b);
gboolean judge_config_from_json(JsonObject *run, struct judge_config *c);

/* Members of the object that is being built. */
void traffic_to_json(const struct traffic *t, JsonBuilder *b);
/* Write verdict.json of run @run (its run.json) from @ruling. */
gboolean conclude_write(const char *dir, JsonObject *run, const struct ruling *ruling,
			GError **error);

/*
 * Rule on the record in @dir again: from its samples, events and snapshots
 * alone.  With @keep an existing verdict.json is left as it is; a record
 * without one was cut short, which is INFRA unless something worse was seen.
 */
gboolean conclude_replay(const char *dir, gboolean keep, GError **error);

/* Parse a JSON file that holds an object; caller unrefs.  Errors name file and line. */
JsonObject *conclude_load(const char *dir, const char *name, GError **error);

#endif
