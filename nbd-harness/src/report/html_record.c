// SPDX-License-Identifier: GPL-2.0-only
/* The page's lower part: what the record holds beside the wedge, and how to see it again. */
#include <string.h>

#include "base/text.h"
#include "report/html_private.h"
#include "report/markup.h"
#include "report/settings.h"
#include "report/table.h"
#include "run/klog.h"
#include "run/record.h"

#define CONSOLE_LINES	   300
#define CONSOLE_LINE_CHARS 400
#define EVENTS_MAX	   200

static void events(GString *out, const struct report_input *in)
{
	static const char *const columns[] = { "#time, s", "event", "name", "detail", NULL };
	SCOPED(table) t = table_new("", columns);

	html_section(out, "events", "Events");
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (strcmp(e->kind, event_kind_name(EVENT_QMP)))
			table_row(t, g_strdup_printf("%.1f", e->host_us / 1e6), g_strdup(e->kind),
				  g_strdup(e->name), g_strdup(e->detail), NULL);
	}
	table_to_html(t, EVENTS_MAX, out);
	html_section_end(out);
}

static void console_line(GString *out, char *line)
{
	const struct klog_mark *mark = klog_classify(g_strchomp(line));
	glong chars = g_utf8_strlen(line, -1);
	g_autofree char *cut = chars > CONSOLE_LINE_CHARS
				       ? g_utf8_substring(line, 0, CONSOLE_LINE_CHARS)
				       : g_strdup(line);

	if (mark)
		markup_add(out, "<b class=\"%s\">%s</b>", mark->evidence ? "bad" : "sign", cut);
	else
		markup_add(out, "%s", cut);
	markup_raw(out, chars > CONSOLE_LINE_CHARS ? "...\n" : "\n");
}

static void console(GString *out, const struct report_input *in)
{
	g_autofree char *text = g_strchomp(g_utf8_make_valid(in->console, -1));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = g_strv_length(lines);

	html_section(out, "console", "Console");
	markup_add(out, "<p class=\"note\">The last %u of %u lines.</p>\n", MIN(n, CONSOLE_LINES),
		   n);
	markup_raw(out, "<pre class=\"console\" tabindex=\"0\">");
	for (guint i = n > CONSOLE_LINES ? n - CONSOLE_LINES : 0; i < n; i++)
		console_line(out, lines[i]);
	markup_raw(out, "</pre>\n");
	html_section_end(out);
}

/* --- what ran, and again ----------------------------------------------- */

static void versions(GString *out, const struct report_input *in)
{
	JsonObject *v = member_object(in->run, "versions");
	const char *peer = member_text(in->run, "peer_kernel");

	html_fact(out, "Machine", "%" G_GINT64_FORMAT " CPUs, %" G_GINT64_FORMAT " MiB, %s, %s",
		  member_int(in->run, "cpus"), member_int(in->run, "memory_bytes") >> 20,
		  member_text(in->run, "nic"), member_text(in->run, "accel"));
	html_fact(out, "Swap", "%" G_GINT64_FORMAT " MiB over %s",
		  member_int(in->run, "swap_bytes") >> 20, report_transport(in));
	html_fact(out, "Server", "%s",
		  v && *member_text(v, "server") ? member_text(v, "server")
						 : member_text(in->run, "backend"));
	if (*peer)
		html_fact(out, "Server's VM", "%s", peer);
	html_fact(out, "QEMU", "%s", member_text(v, "qemu"));
	html_fact(out, "netswap", "%s", member_text(v, "netswap"));
	html_fact(out, "Host", "%s", member_text(v, "host"));
	html_fact(out, "Kernel's command line", "%s", member_text(in->run, "cmdline"));
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!strcmp(e->name, "guest-opened"))
			html_fact(out, "Kernel's banner", "%s", e->detail);
	}
}

static void what_ran(GString *out, const struct report_input *in)
{
	g_autoptr(GArray) settings = settings_of(in);
	g_autofree char *scenario = report_file(in, "scenario.scn");

	html_section(out, "run", "What ran");
	markup_raw(out, "<dl class=\"facts wide\">\n");
	versions(out, in);
	markup_raw(out, "</dl>\n<h3>Settings that differ from the defaults</h3>\n");
	if (settings->len)
		markup_raw(out, "<ul>\n");
	for (guint i = 0; i < settings->len; i++) {
		g_autofree char *line = setting_text(&g_array_index(settings, struct setting, i));

		markup_add(out, "<li><code>%s</code></li>\n", line);
	}
	markup_raw(out, settings->len ? "</ul>\n" : "<p>None.</p>\n");
	markup_add(out, "<details><summary>scenario.scn</summary><pre>%s</pre></details>\n",
		   scenario);
	html_section_end(out);
}

/* Beside this page; a guest named some of them. */
static void files(GString *out, const struct report_input *in)
{
	g_autoptr(GDir) dir = g_dir_open(in->dir, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(entry));
	g_ptr_array_sort(names, text_compare);
	markup_raw(out, "<h3>Files of this run</h3>\n<p>");
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *uri = g_uri_escape_string(name, NULL, FALSE);

		markup_add(out, "%s<a href=\"./%s\">%s</a>", i ? ", " : "", uri, name);
	}
	markup_raw(out, "</p>\n");
}

static void again(GString *out, const struct report_input *in)
{
	g_autofree char *command = report_file(in, "qemu.cmd");

	html_section(out, "again", "Again");
	markup_add(out, "<p>Run it:</p>\n<pre>%s</pre>\n", member_text(in->run, "replay"));
	markup_add(out,
		   "<p>Judge the recorded facts again:</p>\n<pre>netswap report --again %s</pre>\n",
		   in->dir);
	if (*command)
		markup_add(out,
			   "<details><summary>QEMU, without the swap server and the board</summary>"
			   "<pre>%s</pre></details>\n",
			   g_strchomp(command));
	files(out, in);
	html_section_end(out);
}

void html_record(GString *out, const struct report_input *in)
{
	events(out, in);
	console(out, in);
	what_ran(out, in);
	again(out, in);
}
