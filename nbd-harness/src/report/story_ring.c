// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hot path -> sentences, one for each of its nodes: what that waits for;
 * who could bring it, where several could; who has it, where that was read.
 */
#include "report/story_ring.h"

#include <string.h>

#define RING_STEPS 10 /* sentences about the ring: more nobody follows */

void story_say(GString *story, const char *fmt, ...)
{
	va_list ap;

	if (story->len)
		g_string_append_c(story, ' ');
	va_start(ap, fmt);
	g_string_append_vprintf(story, fmt, ap);
	va_end(ap);
}

static const char *subject(const struct fold_node *node)
{
	switch (node->kind) {
	case NODE_NETWORK:
		return "the network";
	case NODE_MEMORY:
		return "free memory";
	case NODE_IO:
		return "I/O";
	case NODE_PEER:
		return "the server";
	case NODE_DISK:
		return "the disk";
	case NODE_FOLIO:
		return "the folio under writeback";
	default:
		return node->title;
	}
}

static gboolean is_lock(const char *held)
{
	return g_str_has_prefix(held, "mutex") || g_str_has_prefix(held, "rwsem");
}

static void add_target(GString *story, const struct fold *f, const struct fold_edge *edge)
{
	const struct fold_node *to = fold_node_at(f, edge->to);

	switch (to->kind) {
	case NODE_TASK:
		g_string_append_printf(story, "%s, %s %s", edge->held,
				       is_lock(edge->held) ? "held by" : "which is up to",
				       to->title);
		break;
	case NODE_COMPLETION:
	case NODE_FOLIO:
		g_string_append(story, subject(to));
		break;
	case NODE_WORK:
		g_string_append_printf(story, "%s to end", to->title);
		break;
	case NODE_NETWORK:
		g_string_append_printf(story, "%s from the network", edge->held);
		break;
	case NODE_MEMPOOL:
		g_string_append_printf(story, "%s of %s", edge->held, to->title);
		break;
	case NODE_NAPI:
		g_string_append_printf(story, "%s by %s", edge->held, to->title);
		break;
	case NODE_MEMORY:
	case NODE_IO:
		g_string_append(story, edge->held);
		break;
	default:
		g_string_append_printf(story, "%s (%s)", edge->held, subject(to));
	}
}

/* A task's name is written as it is; "the network" begins a sentence. */
static void add_subject(GString *story, const struct fold_node *node)
{
	gsize begin;

	story_say(story, "%s", "");
	begin = story->len;
	g_string_append(story, subject(node));
	if (node->kind != NODE_TASK)
		story->str[begin] = g_ascii_toupper(story->str[begin]);
}

static gboolean waits_for_nobody(const struct fold *f, guint at)
{
	for (guint i = 0; i < f->edges->len; i++) {
		const struct fold_edge *edge = fold_edge_at(f, i);

		if (edge->from == at && fold_node_at(f, edge->to)->kind == NODE_NOBODY)
			return TRUE;
	}
	return FALSE;
}

/* What any of several could bring, and who of them is on the hot path. */
static void say_choices(GString *story, const struct fold *f, guint at)
{
	const struct fold_node *node = fold_node_at(f, at);
	const char *sep = "";

	story_say(story, "Any of %u could %s; all are stuck, ", node->choices,
		  node->kind == NODE_MEMORY			     ? "free some"
		  : node->kind == NODE_IO || node->kind == NODE_WORK ? "move it on"
								     : "give one back");
	for (guint i = 0; i < f->edges->len; i++) {
		const struct fold_edge *edge = fold_edge_at(f, i);

		if (edge->from != at || !edge->hot)
			continue;
		g_string_append_printf(story, "%s%s", sep, subject(fold_node_at(f, edge->to)));
		sep = " and ";
	}
	g_string_append(story, " among them");
}

/* Who has what @at, of which several were taken, stands for. */
static void say_holders(GString *story, const struct fold *f, guint at)
{
	guint n = 0;

	for (guint i = 0; i < f->edges->len; i++) {
		const struct fold_edge *edge = fold_edge_at(f, i);
		gsize begin = story->len;

		if (edge->from != at || !edge->holds)
			continue;
		g_string_append_printf(story, "%s%s held by %s", n++ ? ", or " : " ", edge->held,
				       fold_node_at(f, edge->to)->title);
		if (n == 1)
			story->str[begin + 1] = g_ascii_toupper(story->str[begin + 1]);
	}
	g_string_append(story, " would do");
}

static gboolean has_holders(const struct fold *f, guint at)
{
	for (guint i = 0; i < f->edges->len; i++) {
		if (fold_edge_at(f, i)->from == at && fold_edge_at(f, i)->holds)
			return TRUE;
	}
	return FALSE;
}

/* What @at waits for: on the hot path, and besides. */
static void say_waits(GString *story, const struct fold *f, guint at)
{
	const struct fold_node *node = fold_node_at(f, at);
	const char *sep = "";

	add_subject(story, node);
	g_string_append_printf(story, "%s%s%s waits for ", *node->detail ? " (" : "", node->detail,
			       *node->detail ? ")" : "");
	for (int hot = TRUE; hot >= (node->kind == NODE_TASK ? FALSE : TRUE); hot--) {
		for (guint i = 0; i < f->edges->len; i++) {
			const struct fold_edge *edge = fold_edge_at(f, i);

			if (edge->from != at || edge->hot != hot)
				continue;
			g_string_append(story, sep);
			add_target(story, f, edge);
			sep = node->mode == NODE_ANY ? ", or for " : ", and for ";
		}
	}
}

/* One sentence about @at, a node of the hot path; @closes: the last one. */
static void say_step(GString *story, const struct fold *f, guint at, gboolean closes)
{
	const struct fold_node *node = fold_node_at(f, at);

	if (waits_for_nobody(f, at)) {
		if (node->unread)
			story_say(story, "%c%s; all who might are stuck or idle.",
				  g_ascii_toupper(*node->unread), node->unread + 1);
		else
			story_say(story, "Nobody who still moves is in charge of %s.",
				  subject(node));
		return;
	}
	if (has_holders(f, at))
		say_holders(story, f, at);
	else if (node->choices > 1)
		say_choices(story, f, at);
	else
		say_waits(story, f, at);
	g_string_append(story, closes ? ": there the ring closes." : ".");
}

/* The last node of the hot path from which it leads back. */
static guint end_of_ring(const struct fold *f, guint hot)
{
	guint end = hot;

	for (guint i = 0; i < f->edges->len; i++) {
		const struct fold_edge *edge = fold_edge_at(f, i);

		if (edge->hot && edge->to <= edge->from && (end == hot || edge->from > end))
			end = edge->from;
	}
	return end;
}

/* The hot path, which stands first in @f, from its beginning. */
void story_add_ring(GString *story, const struct fold *f)
{
	guint hot = 0, end;

	while (hot < f->nodes->len && fold_node_at(f, hot)->hot)
		hot++;
	end = end_of_ring(f, hot);
	for (guint i = 0; i < MIN(hot, RING_STEPS); i++) {
		if (fold_node_at(f, i)->kind != NODE_NOBODY)
			say_step(story, f, i, i == end);
	}
	if (hot > RING_STEPS)
		story_say(story, "So it goes on through %u more.", hot - RING_STEPS);
	story_say(story, "Nothing outside can untie it.");
}
