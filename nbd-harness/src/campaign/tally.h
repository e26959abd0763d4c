/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records say of each cell: counted once, for the loop, the table and the score. */
#ifndef NETSWAP_CAMPAIGN_TALLY_H
#define NETSWAP_CAMPAIGN_TALLY_H

#include "campaign/plan.h"
#include "campaign/records.h"

struct cell_tally {
	const struct cell *cell;
	const struct cell_tally *control; /* the 0/N cell above it, or NULL */
	struct counts counts;
	enum answer answer;
	guint verdicts[VERDICTS];
	GArray *durations_s;   /* of double, ascending: the runs that failed, else all */
	GPtrArray *lines;      /* of const struct record_line *: what was counted */
	GPtrArray *signatures; /* of const char *, each once, in order of appearance */
	gint64 next_seed;      /* above all there are */
};

/*
 * Count @records (of struct record_line) into one tally for each cell of @c; of
 * struct cell_tally, pointing into both.  @inputs: of char *, one for each cell;
 * where NULL, those of the cell's last record count.
 */
GPtrArray *tally_count(const struct campaign *c, GPtrArray *records, GPtrArray *inputs);

/* For g_array_sort() of double. */
gint tally_compare_numbers(gconstpointer a, gconstpointer b);

/* A protection was noticed: without it the question was answered with yes, with it no run failed.
 */
gboolean tally_noticed(const struct cell_tally *t);

#endif
