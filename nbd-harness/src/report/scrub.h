/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Take out of a text what tells where and by whom a run was made: folders of
 * the host, its name, the user's name, and dumped bytes of guest memory.
 *
 * What is left out is replaced by a word that says what stood there.  Two ways
 * lead to it: places and names that are known are looked for literally; other
 * absolute paths by their look, unless they lead into folders that every system
 * has.  Rather too much goes than too little.
 */
#ifndef NETSWAP_REPORT_SCRUB_H
#define NETSWAP_REPORT_SCRUB_H

#include <json-glib/json-glib.h>

#include "base/scope.h"

struct scrub;

/* Knows this host, its user, home, cache and data folders. */
struct scrub *scrub_new(void);
void scrub_free(struct scrub *s);
DEFINE_SCOPED(scrub, scrub_free)

/* From now on @place (a path) reads @word; the longest known place wins. */
void scrub_place(struct scrub *s, const char *place, const char *word);
/* From now on @name, as a whole word, reads @word.  Names that tell nothing ("root",
 * "localhost") are passed over, and shorter ones than this: they are words ("vm", "pc"), and to
 * replace those would break more than it hides. */
#define SCRUB_NAME_MIN_BYTES 4
void scrub_name(struct scrub *s, const char *name, const char *word);

/* Both: places and names by their letters, then paths and bytes by their look; caller frees. */
char *scrub_text(const struct scrub *s, const char *text);
/* Places only: for what was made from scrubbed text already. */
char *scrub_places(const struct scrub *s, const char *text);
/* Every string value below @node; names of members stay. */
void scrub_json(const struct scrub *s, JsonNode *node);

#endif
