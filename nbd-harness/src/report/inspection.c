// SPDX-License-Identifier: GPL-2.0-only
#include "report/inspection.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "judge/known.h"
#include "judge/stack.h"
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

static void heading(GString *out, const char *title)
{
	text_line(out, "\n%s", title);
	for (gsize i = 0; i < strlen(title); i++)
		g_string_append_c(out, '-');
	g_string_append_c(out, '\n');
}

static void known(const struct inspection *i, GString *out)
{
	g_autoptr(GPtrArray) list = known_load(NULL);
	const struct known *k = list ? known_find(list, i->signature) : NULL;

	text_line(out, "Signature  %s", i->signature);
	if (!k) {
		text_line(out, "Known      not among the known signatures");
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
	if (*i->signature)
		known(i, out);
	else
		text_line(out, "Knot       none");
	for (guint n = 0; n < i->notes->len; n++)
		text_line(out, "Note       %s", (char *)i->notes->pdata[n]);
}

static void edges(const struct inspection *i, gboolean of_knot, GString *out)
{
	for (guint n = 0; n < i->graph->edges->len; n++) {
		const struct wait_edge *e = &g_array_index(i->graph->edges, struct wait_edge, n);
		gboolean in_knot = node_at(i, e->from)->knot && node_at(i, e->to)->knot;

		if (in_knot == of_knot)
			text_line(out, "  %s\n      waits for %s: %s   [%s]",
				  node_at(i, e->from)->label, e->held, node_at(i, e->to)->label,
				  e->evidence);
	}
}

static void stack(const struct task_facts *t, GString *out)
{
	for (guint n = 0; n < t->frames; n++) {
		g_autofree char *frame = stack_frame_text(&t->stack[n]);

		text_line(out, "      %s", frame);
	}
}

static void task(const struct inspection *i, const struct wait_node *node, GString *out)
{
	const struct task_facts *t = task_at(i, node->task);

	text_line(out, "  %s  %s  %s%s%s%s", node->label, task_state_name(t),
		  wait_kind_name(node->wait.kind), *t->on.name ? " " : "", t->on.name,
		  node->knot	? "  (in the knot)"
		  : node->stuck ? "  (stuck)"
				: "");
	stack(t, out);
}

static void tasks(const struct inspection *i, gboolean all, GString *out)
{
	heading(out, all ? "Tasks" : "Blocked tasks");
	for (guint n = 0; n < i->graph->nodes->len; n++) {
		const struct wait_node *node = node_at(i, n);

		if (node->task >= 0 &&
		    (all || (node->wait.kind != WAIT_NONE && node->wait.kind != WAIT_IDLE)))
			task(i, node, out);
	}
}

static void zones(const struct snapshot *s, GString *out)
{
	heading(out, "Zones (pages)");
	for (guint n = 0; n < s->zones->len; n++) {
		const struct zone_facts *z = &g_array_index(s->zones, struct zone_facts, n);

		text_line(out,
			  "  node %d %-8s %" G_GINT64_FORMAT " free; min %" G_GINT64_FORMAT
			  ", low %" G_GINT64_FORMAT ", high %" G_GINT64_FORMAT
			  ", managed %" G_GINT64_FORMAT,
			  z->node, z->name, z->free_pages, z->min_pages, z->low_pages,
			  z->high_pages, z->managed_pages);
	}
}

static void swap_device(const struct snapshot *s, GString *out)
{
	heading(out, "Swap device");
	for (guint n = 0; n < s->sockets->len; n++) {
		const struct socket_facts *k = &g_array_index(s->sockets, struct socket_facts, n);

		text_line(out,
			  "  %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			  " bytes queued, %" G_GUINT64_FORMAT " unacknowledged, %u retransmits",
			  k->name, k->wmem_queued_bytes, k->sndbuf_bytes, k->unacked_bytes,
			  k->retransmits);
	}
	for (guint n = 0; n < s->requests->len; n++) {
		const struct request_facts *r =
			&g_array_index(s->requests, struct request_facts, n);

		text_line(out, "  %s: %s of %" G_GUINT64_FORMAT " bytes in flight", r->name,
			  r->op ? r->op : "request", r->bytes);
	}
	for (guint n = 0; n < s->napis->len; n++) {
		const struct napi_facts *p = &g_array_index(s->napis, struct napi_facts, n);

		text_line(out, "  NAPI %s (%s): %s, %d receive buffers posted", p->device,
			  p->poll ? p->poll : "?", p->disabled ? "DISABLED" : "enabled",
			  p->rx_posted);
	}
}

char *inspection_text(const struct inspection *i, gboolean all)
{
	GString *out = g_string_new(NULL);

	summary(i, out);
	if (*i->signature) {
		heading(out, "The knot: who waits for what, held by whom");
		edges(i, TRUE, out);
	}
	heading(out, "Other waits");
	edges(i, FALSE, out);
	tasks(i, all, out);
	zones(i->snapshot, out);
	swap_device(i->snapshot, out);
	return g_string_free(out, FALSE);
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
	GString *out = g_string_new(NULL);

	if (node)
		task(i, node, out);
	return g_string_free(out, !node);
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
