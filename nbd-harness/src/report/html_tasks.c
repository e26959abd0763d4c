// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of tasks.  A machine may have thousands, most of them with one of
 * a few stacks: each stack is printed once, and other rows point there.
 */
#include <string.h>

#include "judge/stack.h"
#include "report/html_private.h"
#include "report/markup.h"
#include "report/stacks.h"
#include "report/tasks.h"

#define ROWS_MAX 1500

/* Order of standing in the table, and what it is called there. */
enum standing { IN_RING, IN_KNOT, STUCK, WAITS, IDLES };

static const struct {
	const char *name, *css;
} standings[] = {
	[IN_RING] = { "ring of the knot", "knot" },
	[IN_KNOT] = { "in the knot", "knot" },
	[STUCK] = { "stuck", "stuck" },
	[WAITS] = { "waits", "waits" },
	[IDLES] = { "idle", "idle" },
};

struct row {
	guint node;
	enum standing standing;
	guint stack_of; /* the node whose row shows the stack */
};

/* On the hot path, where nothing is folded. */
static gboolean is_hot(const struct fold *f, guint node)
{
	for (guint i = 0; i < f->nodes->len && fold_node_at(f, i)->hot; i++) {
		if (g_array_index(fold_node_at(f, i)->members, guint, 0) == node)
			return TRUE;
	}
	return FALSE;
}

static enum standing standing_of(const struct wait_node *node, gboolean hot)
{
	if (node->knot)
		return hot ? IN_RING : IN_KNOT;
	if (node->stuck)
		return STUCK;
	return node->wait.kind == WAIT_IDLE ? IDLES : WAITS;
}

static int by_standing(gconstpointer a, gconstpointer b)
{
	const struct row *x = a, *y = b;

	if (x->standing != y->standing)
		return (int)x->standing - (int)y->standing;
	return (x->node > y->node) - (x->node < y->node);
}

/* One row per task; the first of those with equal stacks, as sorted, shows it. */
static GArray *rows_of(const struct waitgraph *g, const struct snapshot *s, const struct fold *f)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	g_autoptr(GArray) groups = stack_groups(g, s, TRUE);
	g_autofree gint *first = g_new(gint, groups->len + 1);
	g_autofree guint *group_of = g_new0(guint, g->nodes->len + 1);

	for (guint i = 0; i < groups->len; i++) {
		const struct stack_group *group = &g_array_index(groups, struct stack_group, i);

		first[i] = -1;
		for (guint k = 0; k < group->nodes->len; k++) {
			struct row row = { .node = g_array_index(group->nodes, guint, k) };

			row.standing = standing_of(task_node(g, row.node), is_hot(f, row.node));
			group_of[row.node] = i;
			g_array_append_val(rows, row);
		}
	}
	g_array_sort(rows, by_standing);
	for (guint i = 0; i < rows->len; i++) {
		struct row *row = &g_array_index(rows, struct row, i);
		gint *shown = &first[group_of[row->node]];

		if (*shown < 0)
			*shown = row->node;
		row->stack_of = *shown;
	}
	return rows;
}

static void add_frames(GString *out, const struct task_facts *t)
{
	markup_raw(out, "<div class=\"frames\">");
	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *frame = stack_frame_text(&t->stack[i]);

		markup_add(out, "%s%s", i ? "\n" : "", frame);
	}
	markup_raw(out, "</div>");
}

void html_ring(GString *out, const struct waitgraph *g, const struct snapshot *s,
	       const struct fold *f)
{
	markup_raw(out, "<div class=\"cards\">\n");
	for (guint i = 0; i < f->nodes->len && fold_node_at(f, i)->hot; i++) {
		const struct fold_node *node = fold_node_at(f, i);
		guint first = g_array_index(node->members, guint, 0);

		if (node->kind != NODE_TASK)
			continue;
		markup_add(out, "<div class=\"card\"><h4>%s</h4><p class=\"note\">%s</p>",
			   node->title, node->detail);
		add_frames(out, task_of(s, task_node(g, first)));
		markup_raw(out, "</div>\n");
	}
	markup_raw(out, "</div>\n");
}

static void add_stack(GString *out, const struct waitgraph *g, const struct snapshot *s,
		      const struct row *row)
{
	const struct task_facts *t = task_of(s, task_node(g, row->node));
	const struct task_facts *other = task_of(s, task_node(g, row->stack_of));

	if (!t->frames) {
		markup_raw(out, "<span class=\"note\">no stack</span>");
		return;
	}
	if (t != other) {
		markup_add(out, "<a href=\"#task-%d\">as %s:%d</a>", other->pid, other->comm,
			   other->pid);
		return;
	}
	markup_add(out, "<details><summary>%u frames</summary>", t->frames);
	add_frames(out, t);
	markup_raw(out, "</details>");
}

static gboolean is_idle_kernel_thread(const struct task_facts *t, const struct row *row)
{
	return row->standing == IDLES && t->kernel_thread;
}

static void add_row(GString *out, const struct waitgraph *g, const struct snapshot *s,
		    const struct row *row)
{
	const struct wait_node *node = task_node(g, row->node);
	const struct task_facts *t = task_of(s, node);
	g_autofree char *wait = task_wait_text(t, &node->wait);
	g_autofree char *flags = task_flags_text(t);

	markup_add(out, "<tr id=\"task-%d\" data-state=\"%s\" class=\"%s\">", t->pid,
		   task_state_name(t),
		   row->standing == IDLES && !t->kernel_thread ? "user"
							       : standings[row->standing].css);
	markup_add(out,
		   "<th scope=\"row\">%s:%d</th><td data-key=\"%d\"><span class=\"chip %s\">%s"
		   "</span></td><td class=\"wait\">%s</td><td>%s</td>",
		   t->comm, t->pid, (int)row->standing, standings[row->standing].css,
		   standings[row->standing].name, wait, task_state_name(t));
	markup_add(out, "<td>%s</td><td>%s</td><td class=\"number\">%" G_GUINT64_FORMAT "</td><td>",
		   node->wait.entry ? node->wait.entry : "", flags, t->switches);
	add_stack(out, g, s, row);
	markup_raw(out, "</td></tr>\n");
}

/* A choice for each state that occurs. */
static void add_controls(GString *out, const struct snapshot *s, guint hidden)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

	markup_raw(out,
		   "<div class=\"controls\">\n"
		   "<label class=\"js-only\">Filter <input type=\"search\" id=\"filter-words\" "
		   "placeholder=\"name, function, lock\"/></label>\n"
		   "<label class=\"js-only\">State <select id=\"filter-state\">"
		   "<option value=\"\">all</option>");
	for (guint i = 0; i < s->tasks->len; i++) {
		const char *state = task_state_name(&g_array_index(s->tasks, struct task_facts, i));

		if (g_hash_table_add(told, (gpointer)state))
			markup_add(out, "<option>%s</option>", state);
	}
	markup_raw(out, "</select></label>\n");
	if (hidden)
		markup_add(out,
			   "<label><input type=\"checkbox\" id=\"show-idle\"/> show %u idle kernel "
			   "thread%s</label>\n",
			   hidden, hidden == 1 ? "" : "s");
	markup_raw(out, "</div>\n");
}

void html_tasks(GString *out, const struct waitgraph *g, const struct snapshot *s,
		const struct fold *f)
{
	static const char *const heads[] = { "Task",	  "Standing", "Waits for", "State",
					     "There for", "Flags",    "Switches",  "Stack" };
	g_autoptr(GArray) rows = rows_of(g, s, f);
	guint hidden = 0;

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = &g_array_index(rows, struct row, i);

		hidden += is_idle_kernel_thread(task_of(s, task_node(g, row->node)), row);
	}
	markup_add(out, "<section id=\"tasks\">\n<h2>Tasks</h2>\n");
	add_controls(out, s, hidden);
	markup_raw(out, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
		markup_add(out,
			   "<th scope=\"col\" aria-sort=\"none\" class=\"%s\"><button "
			   "type=\"button\">%s"
			   "</button></th>",
			   i == 6 ? "number" : "text", heads[i]);
	markup_raw(out, "</tr></thead>\n<tbody>\n");
	for (guint i = 0; i < MIN(rows->len, ROWS_MAX); i++)
		add_row(out, g, s, &g_array_index(rows, struct row, i));
	markup_raw(out, "</tbody></table></div>\n");
	if (rows->len > ROWS_MAX)
		markup_add(out, "<p class=\"note\">and %u more in snapshots.jsonl</p>\n",
			   rows->len - ROWS_MAX);
	markup_raw(out, "</section>\n");
}
