/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON as this program writes it: shorthands for json-glib's builder, and a
 * writer that prints numbers as people do (37.7, where json-glib's own says
 * 37.700000000000003).
 */
#ifndef NETSWAP_BASE_JSON_H
#define NETSWAP_BASE_JSON_H

#include <json-glib/json-glib.h>

/* Add a member to the object that @b has open. */
void json_add_string(JsonBuilder *b, const char *name, const char *value); /* NULL: null */
void json_add_int(JsonBuilder *b, const char *name, gint64 value);
void json_add_bool(JsonBuilder *b, const char *name, gboolean value);
void json_add_seconds(JsonBuilder *b, const char *name, gint64 us); /* to the ms: more is noise */
void json_add_strings(JsonBuilder *b, const char *name, char **values); /* NULL: empty */
/* Open a member; json_builder_end_array() or _end_object() closes it. */
void json_open_array(JsonBuilder *b, const char *name);
void json_open_object(JsonBuilder *b, const char *name);

/* Text of @node, on one line, or with @pretty indented; no newline at its end.  Caller frees. */
char *json_text(JsonNode *node, gboolean pretty);
/* The same of all that @b built. */
char *json_built(JsonBuilder *b, gboolean pretty);

#endif
