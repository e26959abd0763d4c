// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/table.h"

#include "base/text.h"
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

/* "12.3 (9.4–45.6)" */
static char *durations(const struct cell_tally *t)
{
	const double *s = (const double *)t->durations_s->data;
	guint n = t->durations_s->len;

	if (!n)
		return g_strdup("");
	return g_strdup_printf("%.1f (%.1f–%.1f)", n % 2 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2,
			       s[0], s[n - 1]);
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
	g_autofree char *took = durations(t);
	g_autofree char *names = signatures(t);
	g_autofree char *control = t->control ? failures(t->control) : g_strdup("");

	text_line(out, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |", t->cell->name,
		  t->cell->scenario->name, t->cell->predicted, verdicts, failed, control, answer(t),
		  took, names);
}

char *campaign_table(GPtrArray *tallies)
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
