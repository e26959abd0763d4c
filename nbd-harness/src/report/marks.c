// SPDX-License-Identifier: GPL-2.0-only
#include "report/marks.h"

#include <string.h>

#include "run/record.h"

#define US_PER_S  1e6
#define SIGNS_MAX 8 /* lines of the console that mean something */

static void clear_mark(gpointer data)
{
	g_free(((struct mark *)data)->label);
}

static struct mark *add(GArray *marks, enum mark_kind kind, double t_s, char *label)
{
	struct mark m = { kind, t_s, t_s, label };

	g_array_append_val(marks, m);
	return &g_array_index(marks, struct mark, marks->len - 1);
}

double marks_end_s(const struct report_input *in)
{
	const struct sample *last = report_last_sample(in);
	double end_s = last ? last->host_us / US_PER_S : 0;

	for (guint i = 0; i < in->events->len; i++)
		end_s = MAX(end_s,
			    g_array_index(in->events, struct report_event, i).host_us / US_PER_S);
	return MAX(end_s, member_double(in->verdict, "duration_s"));
}

static void end_fault(GArray *marks, const char *name, double t_s)
{
	for (guint i = marks->len; i-- > 0;) {
		struct mark *m = &g_array_index(marks, struct mark, i);

		if (m->kind == MARK_FAULT && g_str_has_prefix(m->label, "fault ") &&
		    !strcmp(m->label + strlen("fault "), name)) {
			m->until_s = t_s;
			return;
		}
	}
}

static gboolean is(const struct report_event *e, enum event_kind kind)
{
	return !strcmp(e->kind, event_kind_name(kind));
}

static void add_event(GArray *marks, const struct report_event *e, double end_s, guint *signs)
{
	double t_s = e->host_us / US_PER_S;

	if (is(e, EVENT_FAULT_BEGIN))
		add(marks, MARK_FAULT, t_s, g_strdup_printf("fault %s", e->name))->until_s = end_s;
	else if (is(e, EVENT_FAULT_END))
		end_fault(marks, e->name, t_s);
	else if (is(e, EVENT_PHASE) && !strcmp(e->name, "pressing"))
		add(marks, MARK_PHASE, t_s, g_strdup("pressure begins"));
	else if ((is(e, EVENT_CONSOLE) || is(e, EVENT_EVIDENCE) || is(e, EVENT_CHILD)) &&
		 ++*signs <= SIGNS_MAX)
		add(marks, MARK_SIGN, t_s, g_strdup_printf("%s: %s", e->name, e->detail));
}

/* The first two and the last two: in between, a hang is looked at every few seconds. */
static void add_snapshots(GArray *marks, const struct report_input *in)
{
	guint n = 0, k = 0;

	for (guint i = 0; i < in->events->len; i++)
		n += is(&g_array_index(in->events, struct report_event, i), EVENT_SNAPSHOT);
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!is(e, EVENT_SNAPSHOT) || (++k > 2 && k + 1 < n))
			continue;
		add(marks, MARK_SNAPSHOT, e->host_us / US_PER_S,
		    g_strdup_printf("snapshot %u of %u: %s", k, n, e->detail));
	}
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct mark *x = a, *y = b;

	if (x->t_s != y->t_s)
		return (x->t_s > y->t_s) - (x->t_s < y->t_s);
	return (int)x->kind - (int)y->kind;
}

GArray *marks_of(const struct report_input *in)
{
	GArray *marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
	double end_s = marks_end_s(in);
	const char *verdict = member_text(in->verdict, "verdict");
	guint signs = 0;

	g_array_set_clear_func(marks, clear_mark);
	for (guint i = 0; i < in->events->len; i++)
		add_event(marks, &g_array_index(in->events, struct report_event, i), end_s, &signs);
	add_snapshots(marks, in);
	g_array_sort(marks, by_time);
	if (marks->len > MARKS_MAX - 2)
		g_array_remove_range(marks, MARKS_MAX - 2, marks->len - (MARKS_MAX - 2));
	if (strcmp(verdict, "PASS") && member_double(in->verdict, "last_progress_s") > 0)
		add(marks, MARK_PROGRESS, member_double(in->verdict, "last_progress_s"),
		    g_strdup("last progress"));
	g_array_sort(marks, by_time);
	/* Last, whatever was recorded in the same moment. */
	add(marks, MARK_VERDICT, member_double(in->verdict, "duration_s"), g_strdup(verdict));
	return marks;
}
