// SPDX-License-Identifier: GPL-2.0-only
#include "report/text_parts.h"

#include <string.h>

#include "base/text.h"
#include "judge/stack.h"
#include "report/stacks.h"
#include "report/state.h"
#include "report/tasks.h"

#define ROWS_MAX	20
#define GROUP_LINES_MAX 12 /* of tasks with one stack */

void text_heading(GString *out, const char *title)
{
	g_string_append_printf(out, "\n%s\n", title);
	for (gsize i = 0; i < strlen(title); i++)
		g_string_append_c(out, '-');
	g_string_append_c(out, '\n');
}

/* Of the hot path all that its tasks wait for is told, also what is off the path. */
static gboolean belongs(const struct fold_edge *edge, const struct fold_node *from,
			enum waits which)
{
	if (from->hot)
		return which == WAITS_HOT && (edge->hot || from->kind == NODE_TASK);
	return which != WAITS_HOT && from->kind == NODE_TASK &&
	       from->stuck == (which == WAITS_STUCK);
}

static gboolean add_wait(GString *out, const struct fold *f, const struct fold_edge *edge,
			 gboolean first)
{
	const struct fold_node *from = fold_node_at(f, edge->from);

	if (first)
		text_line(out, "  %s%s%s%s", from->title, *from->detail ? " [" : "", from->detail,
			  *from->detail ? "]" : "");
	text_line(out, "      %s %s: %s   [%s]",
		  first			   ? "waits for"
		  : from->mode == NODE_ANY ? "or for"
					   : "and for",
		  edge->held, fold_node_at(f, edge->to)->title, edge->evidence);
	return FALSE;
}

void text_waits(GString *out, const struct fold *f, enum waits which)
{
	for (guint i = 0; f && i < f->nodes->len; i++) {
		gboolean first = TRUE;

		/* The way that the path takes is told first. */
		for (int hot = TRUE; hot >= FALSE; hot--) {
			for (guint e = 0; e < f->edges->len; e++) {
				const struct fold_edge *edge = fold_edge_at(f, e);

				if (edge->from == i && edge->hot == hot &&
				    belongs(edge, fold_node_at(f, i), which))
					first = add_wait(out, f, edge, first);
			}
		}
	}
}

void text_task(GString *out, const struct task_facts *t, const struct wait_node *node)
{
	g_autofree char *wait = task_wait_text(t, &node->wait);
	g_autofree char *flags = task_flags_text(t);

	text_line(out, "  %s  %s  waits for %s%s%s%s%s", node->label, task_state_name(t), wait,
		  *flags ? "  {" : "", flags, *flags ? "}" : "",
		  node->knot ? "  (in the knot)" : "");
}

void text_stack(GString *out, const struct task_facts *t)
{
	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *frame = stack_frame_text(&t->stack[i]);

		text_line(out, "      %s", frame);
	}
}

void text_stacks(GString *out, const struct waitgraph *g, const struct snapshot *s,
		 gboolean idle_too)
{
	g_autoptr(GArray) groups = stack_groups(g, s, idle_too);

	for (guint i = 0; i < groups->len; i++) {
		const struct stack_group *group = &g_array_index(groups, struct stack_group, i);
		guint n = group->nodes->len;

		for (guint k = 0; k < MIN(n, GROUP_LINES_MAX); k++) {
			const struct wait_node *node =
				task_node(g, g_array_index(group->nodes, guint, k));

			text_task(out, task_of(s, node), node);
		}
		if (n > GROUP_LINES_MAX)
			text_line(out, "  and %u more", n - GROUP_LINES_MAX);
		if (n > 1)
			text_line(out, "      (%u tasks with this stack)", n);
		text_stack(out, task_of(s, task_node(g, g_array_index(group->nodes, guint, 0))));
	}
}

void text_state(GString *out, const struct snapshot *s)
{
	g_autoptr(GPtrArray) tables = state_tables(s);

	if (!s->complete)
		text_line(out, "(The snapshot is incomplete: part of the memory made no sense.)");
	for (guint i = 0; i < tables->len; i++)
		table_to_text(g_ptr_array_index(tables, i), ROWS_MAX, out);
}

char *text_printable(GString *out)
{
	for (char *c = out->str; *c; c++) {
		if (!g_ascii_isprint(*c) && *c != '\n' && *c != '\t')
			*c = '?';
	}
	return g_string_free(out, FALSE);
}
