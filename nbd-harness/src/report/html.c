// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.html: the story first, then the knot, then the evidence.  Nothing in
 * the page comes from elsewhere, and its policy forbids what is not in it:
 * style and script are allowed by their hashes, so that a guest's words, should
 * they ever slip through as markup, could not act.
 */
#include "report/html_private.h"

#include <string.h>

#include "base/units.h"
#include "report/assets.h"
#include "report/marks.h"
#include "report/markup.h"
#include "report/state.h"
#include "report/story.h"
#include "report/timeline.h"

#define ROWS_MAX 100

/* "sha256-..." of what stands between the tags of a <style> or <script>. */
static char *hash_of(const char *text)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize bytes = sizeof(digest);
	g_autofree char *base64 = NULL;

	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_get_digest(sum, digest, &bytes);
	base64 = g_base64_encode(digest, bytes);
	return g_strdup_printf("sha256-%s", base64);
}

static void head(GString *out, const struct report_input *in)
{
	g_autofree char *style = g_strconcat("\n", asset_style_css(), asset_graph_css(), NULL);
	g_autofree char *style_hash = hash_of(style), *script_hash = hash_of(asset_report_js());

	markup_raw(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
	markup_add(out,
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		   "style-src '");
	markup_add(out, "%s'; script-src '%s'\"/>\n", style_hash, script_hash);
	markup_raw(out,
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
	markup_add(out, "<title>%s: %s</title>\n<style>", member_text(in->verdict, "verdict"),
		   member_text(in->run, "scenario"));
	markup_raw(out, style);
	markup_raw(out, "</style>\n</head>\n<body>\n");
}

void html_section(GString *out, const char *id, const char *title)
{
	markup_add(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
}

void html_section_end(GString *out)
{
	markup_raw(out, "</section>\n");
}

void html_fact(GString *out, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_autofree char *value = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (*value)
		markup_add(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

/* --- the top of the page ----------------------------------------------- */

static const char *colour_of(const struct report_input *in)
{
	enum verdict v = VERDICT_INCONCLUSIVE;

	verdict_parse(member_text(in->verdict, "verdict"), &v);
	switch (v) {
	case VERDICT_PASS:
		return "good";
	case VERDICT_INFRA:
		return "dull";
	case VERDICT_STARVED:
	case VERDICT_INCONCLUSIVE:
		return "warn";
	default:
		return "bad";
	}
}

static void traffic_facts(GString *out, const struct report_input *in)
{
	const struct sample *s = report_last_sample(in);

	if (!s || s->swap_out_pages < 0)
		return;

	g_autofree char *verified = grouped(MAX(s->verified_pages, 0));
	g_autofree char *corrupt = grouped(MAX(s->corrupt_pages, 0));

	html_fact(out, "Swapped out", "%" G_GINT64_FORMAT " MiB",
		  s->swap_out_pages / PAGES_PER_MIB);
	html_fact(out, "Swapped in", "%" G_GINT64_FORMAT " MiB", s->swap_in_pages / PAGES_PER_MIB);
	html_fact(out, "Pages verified", "%s", verified);
	html_fact(out, "Pages corrupt", "%s", corrupt);
	html_fact(out, "Processes passed", "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
		  MAX(s->slots_passed, 0),
		  MAX(s->slots_passed, 0) + MAX(s->slots_running, 0) + MAX(s->slots_failed, 0) +
			  MAX(s->slots_killed, 0));
	html_fact(out, "OOM kills", "%" G_GINT64_FORMAT, MAX(s->oom_kills, 0));
}

static void header(GString *out, const struct report_input *in)
{
	gboolean expected = member_bool(in->verdict, "as_expected");
	double quiet_s = member_double(in->verdict, "detected_after_s");
	const char *started = member_text(in->run, "started");

	markup_add(out,
		   "<header>\n<p class=\"verdict %s\">%s</p><span class=\"expected\">%s%s</span>\n",
		   colour_of(in), member_text(in->verdict, "verdict"),
		   expected ? "as expected" : "expected ",
		   expected ? "" : member_text(in->verdict, "expected"));
	markup_add(out, "<h1>%s</h1>\n<p class=\"note\">%s</p>\n<p class=\"reason\">%s: %s.</p>\n",
		   member_text(in->run, "scenario"), member_text(in->run, "about"),
		   member_text(in->verdict, "meaning"), member_text(in->verdict, "reason"));
	if (in->trouble)
		markup_add(out, "<p class=\"note\">The record could not be judged again: %s.</p>\n",
			   in->trouble);
	else if (strcmp(verdict_name(in->ruling->verdict), member_text(in->verdict, "verdict")))
		markup_add(out, "<p class=\"note\">Judged again by this version: %s.</p>\n",
			   verdict_name(in->ruling->verdict));
	markup_raw(out, "<dl class=\"facts\">\n");
	html_fact(out, "Kernel", "%s", member_text(in->run, "kernel"));
	html_fact(out, "Duration", "%.1f s", member_double(in->verdict, "duration_s"));
	if (strcmp(member_text(in->verdict, "verdict"), "PASS"))
		html_fact(out, "Without progress", "%.1f s of fair time", quiet_s);
	traffic_facts(out, in);
	html_fact(out, "Seed", "%" G_GINT64_FORMAT, member_int(in->run, "seed"));
	html_fact(out, "Begun (UTC)", "%.10s %.5s", started,
		  strlen(started) > 16 ? started + 11 : "");
	markup_raw(out, "</dl>\n</header>\n");
}

static void contents(GString *out, const struct report_input *in)
{
	markup_raw(out, "<nav aria-label=\"Contents\"><a href=\"#story\">Story</a>");
	if (report_graph(in))
		markup_raw(out, "<a href=\"#knot\">Wait graph</a>");
	markup_raw(out, "<a href=\"#time\">Timeline</a>");
	if (report_graph(in))
		markup_raw(out, "<a href=\"#tasks\">Tasks</a><a href=\"#state\">State</a>");
	markup_raw(out,
		   "<a href=\"#events\">Events</a><a href=\"#console\">Console</a>"
		   "<a href=\"#run\">What ran</a><a href=\"#again\">Again</a></nav>\n<main>\n");
}

static void story(GString *out, const struct report_input *in, const struct fold *f)
{
	g_autofree char *text = story_of(in, f);
	JsonArray *held = member_array(in->verdict, "held");

	html_section(out, "story", "What happened");
	markup_add(out, "<p class=\"story\">%s</p>\n", text);
	for (guint i = 0;
	     held && json_array_get_length(held) > 1 && i < json_array_get_length(held); i++) {
		JsonObject *o = json_array_get_object_element(held, i);

		markup_add(out, "<p class=\"note\">held: %s, %s</p>\n", member_text(o, "verdict"),
			   member_text(o, "reason"));
	}
	html_section_end(out);
}

/* --- the wait graph ---------------------------------------------------- */

static void edges(GString *out, const struct fold *f, gboolean hot)
{
	markup_raw(out, "<ol class=\"edges\">\n");
	for (guint e = 0; e < f->edges->len; e++) {
		const struct fold_edge *edge = fold_edge_at(f, e);
		const struct fold_node *from = fold_node_at(f, edge->from);

		if (edge->hot == hot)
			markup_add(out,
				   "<li><b>%s</b> waits for %s: <b>%s</b> "
				   "<span class=\"note\">%s</span></li>\n",
				   from->title, edge->held, fold_node_at(f, edge->to)->title,
				   edge->evidence);
	}
	markup_raw(out, "</ol>\n");
}

/* The signature, and the bug that it belongs to. */
static void known(GString *out, const struct report_input *in, const char *signature)
{
	JsonObject *k = member_object(in->verdict, "known");

	markup_add(out, "<div class=\"signature\"><code>%s</code>", signature);
	if (k)
		markup_add(out, "<p><b>Known: %s.</b> %s. In %s.", member_text(k, "name"),
			   member_text(k, "title"), member_text(k, "kernels"));
	else
		markup_raw(out, "<p>Not among the known signatures: a new bug, as far as this "
				"version knows.");
	if (*member_text(k, "fixed_by"))
		markup_add(out, " Fixed by <code>%s</code>.", member_text(k, "fixed_by"));
	markup_raw(out, "</p></div>\n");
}

static void waitgraph(GString *out, const struct report_input *in, const struct fold *f,
		      const char *svg)
{
	const char *signature = member_text(in->verdict, "signature");

	if (!f || !f->nodes->len)
		return;
	html_section(out, "knot", *signature ? "The knot" : "Who waits for what");
	if (*signature)
		known(out, in, signature);
	if (svg) {
		markup_raw(out, "<div class=\"picture\">");
		markup_raw(out, svg);
		markup_raw(out, "</div>\n");
		markup_raw(out, "<p class=\"note\">An arrow leads from who waits to what is waited "
				"for; red is the knot, bold the ring that explains it; dashed: one "
				"of several would do. "
				"Point at a shape for the evidence.</p>\n");
	} else {
		markup_raw(out, "<p class=\"note\">No picture: dot (package graphviz) was missing "
				"or failed.</p>\n");
	}
	if (f->left_out)
		markup_add(out, "<p class=\"note\">%u further tasks are not shown.</p>\n",
			   f->left_out);
	if (*signature) {
		markup_raw(out, "<h3>The knot in words</h3>\n");
		edges(out, f, TRUE);
		markup_raw(out, "<h3>Stacks of the ring</h3>\n");
		html_ring(out, report_graph(in), report_snapshot(in), f);
	}
	markup_raw(out, "<details><summary>All other waits, with their evidence</summary>\n");
	edges(out, f, FALSE);
	markup_raw(out, "</details>\n");
	html_section_end(out);
}

/* --- the evidence ------------------------------------------------------ */

static void timeline(GString *out, const struct report_input *in)
{
	g_autoptr(GArray) marks = marks_of(in);

	html_section(out, "time", "Timeline");
	if (!in->samples->len) {
		markup_raw(out, "<p class=\"note\">No samples were taken.</p>\n");
	} else {
		timeline_add(out, in, marks);
		markup_raw(out, "<ol class=\"marks\">\n");
		for (guint i = 0; i < marks->len; i++) {
			const struct mark *m = &g_array_index(marks, struct mark, i);

			markup_add(out, "<li>%.1f s: %s", m->t_s, m->label);
			if (m->kind == MARK_FAULT && m->until_s >= marks_end_s(in))
				markup_raw(out, ", to the end");
			else if (m->until_s > m->t_s)
				markup_add(out, ", until %.1f s", m->until_s);
			markup_raw(out, "</li>\n");
		}
		markup_raw(out,
			   "</ol>\n<p class=\"note\">Host time since QEMU began. Tinted: below "
			   "the min watermark, where only the reserves are left.</p>\n");
	}
	html_section_end(out);
}

static void state(GString *out, const struct report_input *in)
{
	const struct snapshot *s = report_snapshot(in);
	g_autoptr(GPtrArray) tables = s ? state_tables(s) : NULL;

	if (!tables)
		return;
	html_section(out, "state", "The guest's state at the last snapshot");
	if (!s->complete)
		markup_raw(out, "<p class=\"note\">The snapshot is incomplete: part of the memory "
				"made no sense.</p>\n");
	for (guint i = 0; i < tables->len; i++)
		table_to_html(g_ptr_array_index(tables, i), ROWS_MAX, out);
	html_section_end(out);
}

char *html_report(const struct report_input *in, const struct fold *f, const char *svg)
{
	GString *out = g_string_sized_new(256 * 1024);

	head(out, in);
	header(out, in);
	contents(out, in);
	story(out, in, f);
	waitgraph(out, in, f, svg);
	timeline(out, in);
	if (report_graph(in))
		html_tasks(out, report_graph(in), report_snapshot(in), f);
	state(out, in);
	html_record(out, in);
	markup_raw(out, "</main>\n<script>");
	markup_raw(out, asset_report_js());
	markup_raw(out, "</script>\n</body>\n</html>\n");
	return markup_finish(out);
}
