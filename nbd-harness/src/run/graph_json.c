// SPDX-License-Identifier: GPL-2.0-only
#include "run/graph_json.h"

#include "base/json.h"
#include "base/progress.h"
#include "judge/known.h"
#include "judge/stack.h"

static const struct wait_node *node_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

/* As a snapshot has it; a pseudo-node has none. */
static void add_address(guint64 object, JsonBuilder *b)
{
	g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", object);

	if (object)
		json_add_string(b, "address", text);
}

static void nodes_to_json(const struct waitgraph *g, gboolean knot_only, JsonBuilder *b)
{
	json_open_array(b, "nodes");
	for (guint i = 0; g && i < g->nodes->len; i++) {
		const struct wait_node *node = node_at(g, i);

		if (knot_only && !node->knot)
			continue;
		json_builder_begin_object(b);
		json_add_int(b, "id", i);
		json_add_string(b, "kind", node_kind_name(node->kind));
		json_add_string(b, "label", node->label);
		add_address(node->object, b);
		json_add_string(b, "waits", node->mode == NODE_ANY ? "any" : "all");
		if (node->unread)
			json_add_string(b, "unread", node->unread);
		if (!knot_only) {
			json_add_bool(b, "orphan", node->orphan);
			json_add_bool(b, "stuck", node->stuck);
			json_add_bool(b, "knot", node->knot);
		}
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void edges_to_json(const struct waitgraph *g, gboolean knot_only, JsonBuilder *b)
{
	json_open_array(b, "edges");
	for (guint i = 0; g && i < g->edges->len; i++) {
		const struct wait_edge *edge = &g_array_index(g->edges, struct wait_edge, i);

		if (knot_only && (!node_at(g, edge->from)->knot || !node_at(g, edge->to)->knot))
			continue;
		json_builder_begin_object(b);
		json_add_int(b, "from", edge->from);
		json_add_int(b, "to", edge->to);
		json_add_string(b, "waits_for", edge->held);
		json_add_string(b, "evidence", edge->evidence);
		if (edge->holds)
			json_add_bool(b, "holds", TRUE);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

void graph_to_json(const char *name, const struct waitgraph *g, gboolean knot_only, JsonBuilder *b)
{
	json_open_object(b, name);
	nodes_to_json(g, knot_only, b);
	edges_to_json(g, knot_only, b);
	json_builder_end_object(b);
}

static void stack_to_json(const struct task_facts *t, JsonBuilder *b)
{
	json_open_array(b, "stack");
	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *frame = stack_frame_text(&t->stack[i]);

		json_builder_add_string_value(b, frame);
	}
	json_builder_end_array(b);
}

void blocked_to_json(const struct snapshot *s, const struct waitgraph *g, JsonBuilder *b)
{
	json_open_array(b, "blocked");
	for (guint i = 0; g && i < g->nodes->len; i++) {
		const struct wait_node *node = node_at(g, i);

		if (node->task < 0 || node->wait.kind == WAIT_NONE || node->wait.kind == WAIT_IDLE)
			continue;

		const struct task_facts *t =
			&g_array_index(s->tasks, struct task_facts, node->task);

		json_builder_begin_object(b);
		json_add_string(b, "task", node->label);
		json_add_int(b, "pid", t->pid);
		json_add_string(b, "state", task_state_name(t));
		json_add_string(b, "waits_for", wait_kind_name(node->wait.kind));
		if (t->on.kind)
			json_add_string(b, "on", t->on.name);
		json_add_bool(b, "stuck", node->stuck);
		json_add_bool(b, "knot", node->knot);
		stack_to_json(t, b);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

/* A list that cannot be read costs no verdict: it is said, and nothing counts as known. */
void known_to_json(const char *signature, JsonBuilder *b)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = known_load(&error);
	const struct known *k = list ? known_find(list, signature) : NULL;

	if (error)
		progress_note("netswap: known signatures: %s", error->message);
	if (!k) {
		json_add_string(b, "known", NULL);
		return;
	}
	json_open_object(b, "known");
	json_add_string(b, "name", k->name);
	json_add_string(b, "title", k->title);
	json_add_string(b, "kernels", k->kernels);
	json_add_string(b, "fixed_by", k->fixed_by);
	json_add_string(b, "more", k->more);
	json_builder_end_object(b);
}
