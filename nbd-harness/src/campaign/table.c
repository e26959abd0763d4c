// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/table.h"

#include "base/text.h"
#include "base/units.h"
#include "campaign/tally.h"

/* "4 of 5" */
static char *failures(const struct cell_tally *t)
{
	return g_strdup_printf("%u of %u", t->counts.failed, t->counts.failed + t->counts.passed);
}

static char *seen(const struct cell_tally *t)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint v = 0; v < VERDICTS; v++) {
		if (t->verdicts[v])
			g_string_append_printf(text, "%s%s %u", text->len ? ", " : "",
					       verdict_name(v), t->verdicts[v]);
	}
	return g_strdup(text->len ? text->str : "not run yet");
}

/* "12.3 (9.4–45.6)": the median of @values, which ascend, the least and the most. */
static char *spread(GArray *values)
{
	const double *v = (const double *)values->data;
	guint n = values->len;

	if (!n)
		return g_strdup("");
	return g_strdup_printf("%.1f (%.1f–%.1f)", n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2,
			       v[0], v[n - 1]);
}

static char *signatures(const struct cell_tally *t)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < t->signatures->len; i++)
		g_string_append_printf(text, "%s`%s`", i ? "<br>" : "",
				       (char *)g_ptr_array_index(t->signatures, i));
	return g_strdup(text->str);
}

static const char *answer(const struct cell_tally *t)
{
	if (t->answer == ANSWER_OPEN)
		return "open";
	if (t->answer == ANSWER_NONE)
		return "no judgement";
	if (t->cell->question.kind != QUESTION_AT_LEAST)
		return "";
	if (t->answer == ANSWER_YES && t->control && t->control->answer == ANSWER_OPEN)
		return "open: its control";
	return tally_noticed(t) ? "**noticed**" : "not noticed";
}

static void add_row(GString *out, const struct cell_tally *t)
{
	g_autofree char *failed = failures(t);
	g_autofree char *verdicts = seen(t);
	g_autofree char *took = spread(t->durations_s);
	g_autofree char *names = signatures(t);
	g_autofree char *control = t->control ? failures(t->control) : g_strdup("");

	text_line(out, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |", t->cell->name,
		  t->cell->scenario->name, t->cell->predicted, verdicts, failed, control, answer(t),
		  took, names);
}

static char *question_table(GPtrArray *tallies)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint asked = 0, noticed = 0;

	text_line(out,
		  "| cell | scenario | predicted | seen | failed | its control failed | | ended "
		  "after, s: median (min–max) | signature |");
	text_line(out, "|---|---|---|---|---|---|---|---|---|");
	for (guint i = 0; i < tallies->len; i++) {
		const struct cell_tally *t = g_ptr_array_index(tallies, i);

		add_row(out, t);
		asked += t->cell->question.kind == QUESTION_AT_LEAST;
		noticed += tally_noticed(t);
	}
	if (asked) {
		text_line(out, "\nNoticed: %u of %u.", noticed, asked);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- how swapping went ---------------------------------------------------- */

typedef double (*measure_fn)(const struct record_line *line); /* below 0: not known */

static double stall_s(const struct record_line *line)
{
	return line->pressed_s > 0 ? line->stall_s : -1;
}

static double recovered_s(const struct record_line *line)
{
	return line->recovered_s;
}

static double out_mib_per_s(const struct record_line *line)
{
	return line->pressed_s > 0 ? line->out_pages / (double)PAGES_PER_MIB / line->pressed_s : -1;
}

static double in_mib_per_s(const struct record_line *line)
{
	return line->pressed_s > 0 ? line->in_pages / (double)PAGES_PER_MIB / line->pressed_s : -1;
}

/* "12.3", of several runs "12.3 (9.4–45.6)". */
static char *measured(const struct cell_tally *t, measure_fn measure)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));

	for (guint i = 0; i < t->lines->len; i++) {
		double value = measure(g_ptr_array_index(t->lines, i));

		if (value >= 0)
			g_array_append_val(values, value);
	}
	if (values->len == 1)
		return g_strdup_printf("%.1f", g_array_index(values, double, 0));
	g_array_sort(values, tally_compare_numbers);
	return spread(values);
}

static char *traffic_table(GPtrArray *tallies)
{
	g_autoptr(GString) out = g_string_new(NULL);

	text_line(out, "| cell | scenario | seen | worst stall, s | back after, s | out, MiB/s | "
		       "in, MiB/s | signature |");
	text_line(out, "|---|---|---|---|---|---|---|---|");
	for (guint i = 0; i < tallies->len; i++) {
		const struct cell_tally *t = g_ptr_array_index(tallies, i);
		g_autofree char *verdicts = seen(t), *names = signatures(t);
		g_autofree char *stall = measured(t, stall_s), *back = measured(t, recovered_s);
		g_autofree char *went_out = measured(t, out_mib_per_s);
		g_autofree char *came_in = measured(t, in_mib_per_s);

		text_line(out, "| %s | %s | %s | %s | %s | %s | %s | %s |", t->cell->name,
			  t->cell->scenario->name, verdicts, stall, back, went_out, came_in, names);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *campaign_table(const struct campaign *c, GPtrArray *tallies)
{
	return c->traffic ? traffic_table(tallies) : question_table(tallies);
}
