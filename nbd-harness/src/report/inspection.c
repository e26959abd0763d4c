// SPDX-License-Identifier: GPL-2.0-only
#include "report/inspection.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "judge/known.h"
#include "report/text_parts.h"
#include "run/facts_json.h"
#include "run/graph_json.h"

static const struct task_facts *task_at(const struct inspection *i, guint n)
{
	return &g_array_index(i->snapshot->tasks, struct task_facts, n);
}

static const struct wait_node *node_at(const struct inspection *i, guint n)
{
	return &g_array_index(i->graph->nodes, struct wait_node, n);
}

/* --- text -------------------------------------------------------------- */

static void known(const struct inspection *i, GString *out)
{
	g_autoptr(GPtrArray) list = known_load(NULL);
	const struct known *k = list ? known_find(list, i->signature) : NULL;

	text_line(out, "Signature  %s", i->signature);
	if (!k) {
		text_line(out, "Known      no: not in nbd-harness/known-signatures");
		return;
	}
	text_line(out, "Known      %s: %s", k->name, k->title);
	text_line(out, "           in %s", k->kernels);
	if (k->fixed_by)
		text_line(out, "           fixed by %s", k->fixed_by);
	if (k->more)
		text_line(out, "           more: %s", k->more);
}

static void summary(const struct inspection *i, GString *out)
{
	text_line(out, "Source     %s", i->source);
	text_line(out, "Kernel     %s", i->kernel);
	if (i->ruling)
		text_line(out, "Verdict    %s: %s", verdict_name(i->ruling->verdict),
			  i->ruling->reason[i->ruling->verdict]);
	for (guint n = 0; n < i->notes->len; n++)
		text_line(out, "Note       %s", (char *)i->notes->pdata[n]);
}

/* A part with its heading, unless it is empty. */
static void others(GString *out, const struct fold *f, const char *title, enum waits which)
{
	gsize before = out->len, begun;

	text_heading(out, title);
	begun = out->len;
	text_waits(out, f, which);
	if (out->len == begun)
		g_string_truncate(out, before);
}

static void waits(const struct inspection *i, GString *out)
{
	SCOPED(fold) f = fold_graph(i->graph, i->snapshot);

	text_heading(out, "The knot: who waits for what, held by whom");
	if (*i->signature) {
		known(i, out);
		text_waits(out, f, WAITS_HOT);
	} else {
		text_line(out, "none");
	}
	others(out, f, "Stuck behind it", WAITS_STUCK);
	others(out, f, "Waits that can still end", WAITS_FREE);
}

char *inspection_text(const struct inspection *i, gboolean all)
{
	GString *out = g_string_new(NULL);

	summary(i, out);
	waits(i, out);
	text_heading(out, all ? "Stacks of all tasks" : "Stacks of all tasks that are not idle");
	text_stacks(out, i->graph, i->snapshot, all);
	text_heading(out, "Memory, devices and workers");
	text_state(out, i->snapshot);
	return text_printable(out);
}

static const struct wait_node *find_task(const struct inspection *i, gint32 pid, GError **error)
{
	for (guint n = 0; n < i->graph->nodes->len; n++) {
		if (node_at(i, n)->task >= 0 && task_at(i, node_at(i, n)->task)->pid == pid)
			return node_at(i, n);
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s has no task %d", i->source, pid);
	return NULL;
}

char *inspection_task_text(const struct inspection *i, gint32 pid, GError **error)
{
	const struct wait_node *node = find_task(i, pid, error);
	GString *out;

	if (!node)
		return NULL;
	out = g_string_new(NULL);
	text_task(out, task_at(i, node->task), node);
	text_stack(out, task_at(i, node->task));
	return text_printable(out);
}

/* --- JSON -------------------------------------------------------------- */

char *inspection_json(const struct inspection *i)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_string(b, "source", i->source);
	json_add_string(b, "kernel", i->kernel);
	json_add_string(b, "verdict", i->ruling ? verdict_name(i->ruling->verdict) : NULL);
	json_open_array(b, "notes");
	for (guint n = 0; n < i->notes->len; n++)
		json_builder_add_string_value(b, i->notes->pdata[n]);
	json_builder_end_array(b);
	json_add_string(b, "signature", i->signature);
	known_to_json(i->signature, b);
	graph_to_json("knot", i->graph, TRUE, b);
	graph_to_json("graph", i->graph, FALSE, b);
	blocked_to_json(i->snapshot, i->graph, b);
	json_open_object(b, "snapshot");
	snapshot_to_json(i->snapshot, b);
	json_builder_end_object(b);
	json_builder_end_object(b);
	return json_built(b, TRUE);
}

char *inspection_task_json(const struct inspection *i, gint32 pid, GError **error)
{
	const struct wait_node *node = find_task(i, pid, error);
	g_autoptr(JsonBuilder) b = json_builder_new();

	if (!node)
		return NULL;
	task_to_json(task_at(i, node->task), b);
	return json_built(b, TRUE);
}
