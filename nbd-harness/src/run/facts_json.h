/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts to JSON and back.  What is missing when read back is unknown, never zero. */
#ifndef NETSWAP_RUN_FACTS_JSON_H
#define NETSWAP_RUN_FACTS_JSON_H

#include <json-glib/json-glib.h>

#include "judge/facts.h"

void sample_from_json(JsonObject *o, struct sample *s);

/* Add members to the object that @b has open. */
void snapshot_to_json(const struct snapshot *s, JsonBuilder *b);
/* Caller frees with snapshot_free(). */
struct snapshot *snapshot_from_json(JsonObject *o);

/* Shorthands that the writers of records share. */
void json_add_string(JsonBuilder *b, const char *name, const char *value); /* NULL: null */
void json_add_int(JsonBuilder *b, const char *name, gint64 value);
void json_add_bool(JsonBuilder *b, const char *name, gboolean value);
void json_add_seconds(JsonBuilder *b, const char *name, gint64 us);

#endif
