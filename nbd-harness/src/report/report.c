// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include "report/dot.h"
#include "report/html.h"
#include "report/json.h"
#include "report/text.h"
#include "run/record.h"

static struct fold *fold_of(const struct report_input *in)
{
	return report_graph(in) ? fold_graph(report_graph(in), report_snapshot(in)) : NULL;
}

typedef char *(*make_fn)(const struct report_input *in, const struct fold *f);

static char *make(const char *dir, make_fn fn, GError **error)
{
	SCOPED(report_input) in = report_input_open(dir, error);
	SCOPED(fold) f = in ? fold_of(in) : NULL;

	return in ? fn(in, f) : NULL;
}

char *report_text(const char *dir, GError **error)
{
	return make(dir, text_report, error);
}

char *report_json(const char *dir, GError **error)
{
	return make(dir, json_report, error);
}

/* Takes @text; a report that cannot be written must not fail a run that has its verdict. */
static void put(const struct report_input *in, const char *name, char *text)
{
	struct record record = { .dir = in->dir };
	g_autoptr(GError) error = NULL;

	if (!record_file(&record, name, text, &error))
		g_printerr("netswap: cannot write %s: %s\n", name, error->message);
	g_free(text);
}

/* Returns the picture for the page, or NULL. */
static char *put_waitgraph(const struct report_input *in, const struct fold *f)
{
	g_autofree char *path = g_build_filename(in->dir, "waitgraph.dot", NULL);
	g_autoptr(GError) error = NULL;
	char *svg;

	put(in, "waitgraph.json", json_waitgraph(report_graph(in), report_snapshot(in)));
	put(in, "waitgraph.dot", dot_text(f));
	svg = dot_svg(path, &error);
	if (svg)
		put(in, "waitgraph.svg", dot_svg_file(svg));
	else
		g_printerr("netswap: %s\n", error->message);
	return svg;
}

gboolean report_write(const char *dir, GError **error)
{
	SCOPED(report_input) in = report_input_open(dir, error);
	SCOPED(fold) f = in ? fold_of(in) : NULL;
	g_autofree char *svg = NULL;

	if (!in)
		return FALSE;
	put(in, "report.txt", text_report(in, f));
	put(in, "report.json", json_report(in, f));
	svg = f ? put_waitgraph(in, f) : NULL;
	put(in, "report.html", html_report(in, f, svg));
	return TRUE;
}
