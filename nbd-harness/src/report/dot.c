// SPDX-License-Identifier: GPL-2.0-only
#include "report/dot.h"

#include <string.h>

#include "base/error.h"
#include "build/tool.h"
#include "report/assets.h"

#define LABEL_MAX 34 /* characters of a line in a box: the rest is in the tooltip */

/* A quoted string of dot's language.  What does not print becomes '?': labels hold the guest's
 * words. */
static void quote(GString *out, const char *text, gsize max)
{
	gsize n = 0;

	for (; *text && n < max; text++, n++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, g_ascii_isprint(*text) ? *text : '?');
	}
	if (*text)
		g_string_append(out, "...");
}

static const char *shape_of(const struct fold_node *node)
{
	switch (node->kind) {
	case NODE_TASK:
		return "box";
	case NODE_PEER:
	case NODE_DISK:
		return "house";
	case NODE_NOBODY:
		return "octagon";
	case NODE_MEMORY:
	case NODE_IO:
	case NODE_NETWORK:
		return "ellipse";
	default:
		return "hexagon"; /* objects */
	}
}

static const char *class_of(gboolean hot, gboolean knot, gboolean stuck)
{
	return hot ? "hot" : knot ? "knot" : stuck ? "stuck" : "free";
}

/* The parts of @text, between commas, a line each. */
static void add_lines(GString *out, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ", ", -1);

	for (char **part = parts; *part; part++) {
		quote(out, *part, LABEL_MAX);
		g_string_append(out, part[1] ? "\\n" : "");
	}
}

static void add_label(GString *out, const struct fold_node *node)
{
	add_lines(out, node->title);
	if (*node->detail) {
		g_string_append(out, "\\n");
		add_lines(out, node->detail);
	}
	if (!node->stuck && !*node->detail)
		g_string_append(out, "\\n(free to move)");
}

static void add_node(GString *out, const struct fold *f, guint i)
{
	const struct fold_node *node = fold_node_at(f, i);

	g_string_append_printf(out, "\tn%u [shape=%s, class=\"%s\"%s, label=\"", i, shape_of(node),
			       class_of(node->hot, node->knot, node->stuck),
			       node->hot ? ", fontname=\"Helvetica-Bold\"" : "");
	add_label(out, node);
	g_string_append(out, "\", tooltip=\"");
	quote(out, node->title, G_MAXSIZE);
	if (*node->detail) {
		g_string_append(out, ": ");
		quote(out, node->detail, G_MAXSIZE);
	}
	g_string_append(out, "\"];\n");
}

static void add_edge(GString *out, const struct fold *f, const struct fold_edge *edge)
{
	const struct fold_node *from = fold_node_at(f, edge->from);

	g_string_append_printf(out, "\tn%u -> n%u [class=\"%s%s\", label=\"  ", edge->from,
			       edge->to, class_of(edge->hot, edge->knot, from->stuck),
			       from->mode == NODE_ANY && !edge->hot ? " any" : "");
	quote(out, edge->held, LABEL_MAX);
	g_string_append(out, "  \", tooltip=\"");
	quote(out, edge->held, G_MAXSIZE);
	g_string_append(out, ": ");
	quote(out, edge->evidence, G_MAXSIZE);
	g_string_append(out, "\", labeltooltip=\"");
	quote(out, edge->evidence, G_MAXSIZE);
	/* The hot path is laid out first, in one piece. */
	g_string_append_printf(out, "\"%s];\n", edge->hot ? ", weight=8, penwidth=2" : "");
}

char *dot_text(const struct fold *f)
{
	GString *out = g_string_new(
		"digraph waitgraph {\n"
		"\trankdir=TB; nodesep=0.3; ranksep=0.4; bgcolor=transparent;\n"
		"\tnode [fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, "
		"margin=\"0.16,0.07\"];\n"
		"\tedge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, arrowsize=0.8];\n");

	for (guint i = 0; i < f->nodes->len; i++)
		add_node(out, f, i);
	for (guint i = 0; i < f->edges->len; i++)
		add_edge(out, f, fold_edge_at(f, i));
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}

static void take_line(const char *line, gpointer data)
{
	g_string_append(data, line);
	g_string_append_c(data, '\n');
}

char *dot_svg(const char *path, GError **error)
{
	const char *const argv[] = { "dot", "-Tsvg", path, NULL };
	g_autoptr(GString) svg = g_string_new(NULL);
	g_autofree char *program = g_find_program_in_path("dot");

	if (!program) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "no picture of the wait graph: dot is missing (package graphviz)");
		return NULL;
	}
	if (!tool_run(argv, NULL, NULL, take_line, svg, error))
		return NULL;
	return svg_clean(svg->str, error);
}

char *dot_svg_file(const char *svg)
{
	const char *after = strchr(svg, '>');

	if (!after)
		return g_strdup(svg);
	return g_strdup_printf(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%.*s\n<style>\n%s</style>%s",
		(int)(after + 1 - svg), svg, asset_graph_css(), after + 1);
}
