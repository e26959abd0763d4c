/* SPDX-License-Identifier: GPL-2.0-only */
/* Wait graphs to JSON.  Each adds members to the object that @b has open. */
#ifndef NETSWAP_RUN_GRAPH_JSON_H
#define NETSWAP_RUN_GRAPH_JSON_H

#include <json-glib/json-glib.h>

#include "judge/waitgraph.h"

/* Member @name: nodes and edges of @g (NULL: none); with @knot_only those of its knot. */
void graph_to_json(const char *name, const struct waitgraph *g, gboolean knot_only, JsonBuilder *b);

/* Member "blocked": every task of @s that waits and is not idle, with its stack. */
void blocked_to_json(const struct snapshot *s, const struct waitgraph *g, JsonBuilder *b);

/* Member "known": what the list of known signatures says of @signature, or null. */
void known_to_json(const char *signature, JsonBuilder *b);

#endif
