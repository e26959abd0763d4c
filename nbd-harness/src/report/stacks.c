// SPDX-License-Identifier: GPL-2.0-only
#include "report/stacks.h"

#include "judge/stack.h"
#include "report/tasks.h"

static char *stack_key(const struct task_facts *t)
{
	GString *key = g_string_new(NULL);

	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *frame = stack_frame_text(&t->stack[i]);

		g_string_append_printf(key, "%s\n", frame);
	}
	return g_string_free(key, FALSE);
}

static void clear_group(gpointer data)
{
	g_array_unref(((struct stack_group *)data)->nodes);
}

static int by_worth(gconstpointer a, gconstpointer b)
{
	const struct stack_group *x = a, *y = b;
	guint first_x = g_array_index(x->nodes, guint, 0);
	guint first_y = g_array_index(y->nodes, guint, 0);

	if (x->knot != y->knot)
		return y->knot - x->knot;
	if (x->stuck != y->stuck)
		return y->stuck - x->stuck;
	return (first_x > first_y) - (first_x < first_y);
}

GArray *stack_groups(const struct waitgraph *g, const struct snapshot *s, gboolean idle_too)
{
	g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct stack_group));

	g_array_set_clear_func(groups, clear_group);
	for (guint i = 0; i < g->nodes->len; i++) {
		const struct wait_node *node = task_node(g, i);

		if (node->task < 0 || (node->wait.kind == WAIT_IDLE && !idle_too))
			continue;

		char *key = stack_key(task_of(s, node));
		gpointer at;
		gboolean known = g_hash_table_lookup_extended(by_key, key, NULL, &at);

		if (!known) {
			struct stack_group group = { g_array_new(FALSE, FALSE, sizeof(guint)),
						     FALSE, FALSE };

			at = GUINT_TO_POINTER(groups->len);
			g_array_append_val(groups, group);
		}
		g_hash_table_insert(by_key, key, at);

		struct stack_group *group =
			&g_array_index(groups, struct stack_group, GPOINTER_TO_UINT(at));

		group->knot |= node->knot;
		group->stuck |= node->stuck;
		g_array_append_val(group->nodes, i);
	}
	g_array_sort(groups, by_worth);
	return groups;
}
