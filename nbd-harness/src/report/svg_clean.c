// SPDX-License-Identifier: GPL-2.0-only
/*
 * dot's SVG, element by element: what is in the tables passes, the rest does
 * not.  As of graphviz 2.42:
 *
 *	<g id="node1" class="node knot">
 *	<title>n0</title>				dropped
 *	<g id="a_node1"><a xlink:title="TOOLTIP">	becomes <g><title>TOOLTIP</title>
 *	<polygon fill="none" stroke="black" points=.../> keeps its points
 *	<text text-anchor="middle" x= y= font-family= ...>LABEL</text>
 */
#include <string.h>

#include "report/dot.h"
#include "report/markup.h"

static const char *const elements[] = { "svg",	   "g",	   "a",	   "polygon", "polyline",
					"ellipse", "path", "text", NULL };
static const char *const attributes[] = {
	"viewBox", "class",	  "transform", "points",	   "d", "cx", "cy", "rx", "ry", "x",
	"y",	   "text-anchor", "font-size", "stroke-dasharray", NULL
};

struct cleaner {
	GString *out;
	guint skip; /* depth inside an element that does not pass */
};

static gboolean listed(const char *const *list, const char *name)
{
	return g_strv_contains(list, name);
}

/* "width" of the <svg> in points: 1 pt is 4/3 px, so that the page can keep it from growing. */
static void add_size(GString *out, const char **names, const char **values)
{
	for (guint i = 0; names[i]; i++) {
		if (!strcmp(names[i], "width"))
			markup_add(out, " width=\"%.0f\"", g_ascii_strtod(values[i], NULL) * 4 / 3);
	}
	markup_raw(out, " role=\"img\" aria-label=\"Wait graph\"");
}

static void on_start(GMarkupParseContext *context, const char *element, const char **names,
		     const char **values, gpointer data, GError **error)
{
	struct cleaner *c = data;
	const char *tooltip = NULL;

	if (c->skip || !listed(elements, element)) {
		c->skip++;
		return;
	}
	markup_add(c->out, "<%s", strcmp(element, "a") ? element : "g");
	if (!strcmp(element, "svg")) {
		markup_raw(c->out, " xmlns=\"http://www.w3.org/2000/svg\"");
		add_size(c->out, names, values);
	}
	for (guint i = 0; names[i]; i++) {
		if (listed(attributes, names[i]))
			markup_add(c->out, " %s=\"%s\"", names[i], values[i]);
		else if (!strcmp(names[i], "xlink:title"))
			tooltip = values[i];
	}
	markup_raw(c->out, ">");
	if (tooltip)
		markup_add(c->out, "<title>%s</title>", tooltip);
}

static void on_end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
	struct cleaner *c = data;

	if (c->skip)
		c->skip--;
	else
		markup_add(c->out, "</%s>", strcmp(element, "a") ? element : "g");
}

static void on_text(GMarkupParseContext *context, const char *text, gsize bytes, gpointer data,
		    GError **error)
{
	struct cleaner *c = data;
	g_autofree char *copy = g_strndup(text, bytes);

	if (!c->skip)
		markup_add(c->out, "%s", copy);
}

char *svg_clean(const char *svg, GError **error)
{
	static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
	struct cleaner c = { g_string_new(NULL), 0 };
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &c, NULL);

	if (!g_markup_parse_context_parse(context, svg, -1, error) ||
	    !g_markup_parse_context_end_parse(context, error)) {
		g_prefix_error(error, "the picture that dot made: ");
		g_string_free(c.out, TRUE);
		return NULL;
	}
	return markup_finish(c.out);
}
