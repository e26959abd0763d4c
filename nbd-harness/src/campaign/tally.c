// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/tally.h"

#include <string.h>

static void tally_free(gpointer data)
{
	struct cell_tally *t = data;

	g_array_unref(t->durations_s);
	g_ptr_array_unref(t->signatures);
	g_ptr_array_unref(t->lines);
	g_free(t);
}

gint tally_compare_numbers(gconstpointer a, gconstpointer b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The inputs of the last record for @cell, or NULL. */
static const char *last_inputs(const struct cell *cell, GPtrArray *records)
{
	for (guint i = records->len; i--;) {
		const struct record_line *line = g_ptr_array_index(records, i);

		if (!strcmp(line->cell, cell->name))
			return line->inputs;
	}
	return NULL;
}

static gboolean counts_for(const struct cell_tally *t, const struct record_line *line,
			   const char *inputs)
{
	return !strcmp(line->cell, t->cell->name) && !g_strcmp0(line->inputs, inputs);
}

static void take(struct cell_tally *t, const struct record_line *line)
{
	g_ptr_array_add(t->lines, (gpointer)line);
	settle_count(&t->counts, line->verdict);
	t->verdicts[line->verdict]++;
	t->next_seed = MAX(t->next_seed, line->seed + 1);
	if (*line->signature &&
	    !g_ptr_array_find_with_equal_func(t->signatures, line->signature, g_str_equal, NULL))
		g_ptr_array_add(t->signatures, line->signature);
}

/* How long the failed runs took, or if none failed those that passed. */
static void take_durations(struct cell_tally *t, GPtrArray *records, const char *inputs)
{
	for (guint i = 0; i < records->len; i++) {
		const struct record_line *line = g_ptr_array_index(records, i);
		struct counts one = { 0 };

		settle_count(&one, line->verdict);
		if (counts_for(t, line, inputs) && !one.undecided &&
		    (one.failed || !t->counts.failed))
			g_array_append_val(t->durations_s, line->duration_s);
	}
	g_array_sort(t->durations_s, tally_compare_numbers);
}

static struct cell_tally *count_cell(const struct cell *cell, GPtrArray *records,
				     const char *inputs)
{
	struct cell_tally *t = g_new0(struct cell_tally, 1);

	t->cell = cell;
	t->durations_s = g_array_new(FALSE, FALSE, sizeof(double));
	t->signatures = g_ptr_array_new();
	t->lines = g_ptr_array_new();
	t->next_seed = 1;
	for (guint i = 0; i < records->len; i++) {
		const struct record_line *line = g_ptr_array_index(records, i);

		if (counts_for(t, line, inputs))
			take(t, line);
	}
	take_durations(t, records, inputs);
	t->answer = settle(&cell->question, &t->counts);
	return t;
}

GPtrArray *tally_count(const struct campaign *c, GPtrArray *records, GPtrArray *inputs)
{
	GPtrArray *tallies = g_ptr_array_new_with_free_func(tally_free);
	const struct cell_tally *control = NULL;

	for (guint i = 0; i < c->cells->len; i++) {
		const struct cell *cell = g_ptr_array_index(c->cells, i);
		const char *wanted = inputs ? g_ptr_array_index(inputs, i) : NULL;
		struct cell_tally *t =
			count_cell(cell, records, wanted ? wanted : last_inputs(cell, records));

		if (cell->question.kind == QUESTION_NONE)
			control = t;
		else
			t->control = control;
		g_ptr_array_add(tallies, t);
	}
	return tallies;
}

gboolean tally_noticed(const struct cell_tally *t)
{
	return t->cell->question.kind == QUESTION_AT_LEAST && t->answer == ANSWER_YES &&
	       t->control && t->control->answer == ANSWER_YES;
}
