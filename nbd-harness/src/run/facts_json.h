/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts to JSON and back.  What is missing when read back is unknown, never zero. */
#ifndef NETSWAP_RUN_FACTS_JSON_H
#define NETSWAP_RUN_FACTS_JSON_H

#include <json-glib/json-glib.h>

#include "judge/facts.h"

void sample_from_json(JsonObject *o, struct sample *s);

/* Add members to the object that @b has open. */
void snapshot_to_json(const struct snapshot *s, JsonBuilder *b);
/* An object of its own. */
void task_to_json(const struct task_facts *t, JsonBuilder *b);
/* Caller frees with snapshot_free(). */
struct snapshot *snapshot_from_json(JsonObject *o);

#endif
