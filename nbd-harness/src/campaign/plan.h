/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A campaign: cells, each a question that is put to one scenario again and
 * again, with rising seeds, until it is answered.  A file has a line for each:
 *
 *	# NAME   QUESTION  PREDICTED  SCENARIO     SETTINGS
 *	with     0/5       PASS       trial/anon
 *	task     4/5       OOM        trial/anon   kernel.ablate=task
 *	nics     -/5       PASS       nbd/anon     link.nic=e1000
 *
 * "K/N" with K > 0 asks whether at least K of N runs fail, "0/N" whether none
 * of N does, and "-/N" how many of N do: settle.h.  What is predicted is a word
 * for the reader of the table.  Words are separated by blanks and quoted as
 * in a shell.  The leading comment says what the campaign is about.
 *
 * A line "table traffic" asks for a table of how swapping went, instead of one of
 * questions and their controls.
 */
#ifndef NETSWAP_CAMPAIGN_PLAN_H
#define NETSWAP_CAMPAIGN_PLAN_H

#include "base/scope.h"
#include "campaign/settle.h"
#include "scenario/scenario.h"

struct cell {
	char *name; /* unique in the campaign */
	struct question question;
	char *predicted;
	char **sets; /* SECTION.KEY=VALUE, NULL-terminated */
	struct scenario *scenario;
	char *where; /* "trial.campaign:12" */
};

struct campaign {
	char *name;	  /* "trial": the file's base name */
	gboolean traffic; /* which table */
	GPtrArray *cells; /* of struct cell, in file order */
};

#define CAMPAIGN_SUFFIX	   ".campaign"
#define CAMPAIGN_RUNS_MAX  1000u
#define CAMPAIGN_CELLS_MAX 4096u

/*
 * Load @name_or_file: a name such as "trial", looked up in the campaigns
 * folder, or a path.  Every scenario and setting is checked.  Caller frees.
 * Errors: NETSWAP_ERROR_USAGE, naming file:line.
 */
struct campaign *campaign_load(const char *name_or_file, GError **error);
/* The same from a text; @file is its name in messages. */
struct campaign *campaign_parse(const char *text, const char *file, GError **error);
void campaign_free(struct campaign *c);
/* The campaigns that ship, by name; of char *, sorted; owned by the caller. */
GPtrArray *campaign_names(void);
/* The first line of the leading comment of the campaign called @name; caller frees. */
char *campaign_about(const char *name);
DEFINE_SCOPED(campaign, campaign_free)

#endif
