/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario file as text: its sections and entries in file order, each with
 * the place it came from.  Names are checked against scenario/keys.h here,
 * values are not.
 */
#ifndef NETSWAP_SCENARIO_DOCUMENT_H
#define NETSWAP_SCENARIO_DOCUMENT_H

#include <glib.h>

#include "base/scope.h"

struct document_entry {
	const struct scenario_key *key;
	char *name; /* "memory", "sysctl.vm.swappiness" */
	char *value;
	char *where;	       /* "quickstart/stock.scn:12", or "--set" */
	gboolean command_line; /* from --set: its paths are relative to the current folder */
};

struct document_section {
	const struct scenario_section *kind;
	char *label; /* "machine", "pressure main" */
	char *name;  /* "main"; NULL for sections that take none */
	char *where;
	GPtrArray *entries; /* of struct document_entry */
};

struct document {
	char *comment;	     /* the leading comment, as written */
	GPtrArray *sections; /* of struct document_section; one of each nameless kind is always
				there */
};

#define DOCUMENT_MAX_BYTES 65536u

/* @file is used in messages.  Errors: NETSWAP_ERROR_USAGE. */
struct document *document_parse(const char *text, gsize bytes, const char *file, GError **error);
/* Apply one "SECTION.KEY=VALUE" of the command line. */
gboolean document_set(struct document *doc, const char *set, GError **error);
/* The entry called @name, or NULL. */
struct document_entry *document_find(const struct document_section *section, const char *name);
/* The first line of the comment that @text begins with, licence tags left out; caller frees. */
char *document_about(const char *text);
void document_free(struct document *doc);
DEFINE_SCOPED(document, document_free)

#endif
