// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of a made-up run whose guest means ill: a wedge, names and a console
 * full of markup.  The page must stand as a document, alone, and say what was seen.
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <board.h>

#include "build/cache.h"
#include "report/assets.h"
#include "report/report.h"
#include "run/conclude.h"
#include "run/record.h"

#define TICK_US	 100000
#define HTML_MAX 1500000
#define HOSTILE	 "<script>x()</sc"
#define CONSOLE                                                                                    \
	"</pre><script>alert(1)</script>\n\x1b[31mred\x1b[0m \xff\xfe &amp; \"quoted\"\n"          \
	"Kernel panic - not syncing: <b>\n"

/* --- a run that never was ---------------------------------------------- */

struct fake {
	char *parent, *dir;
	struct record *record;
	struct sample s;
};

static const struct judge_config config = { .boot_deadline_us = 60ll * G_USEC_PER_SEC,
					    .press_deadline_us = 7200ll * G_USEC_PER_SEC };

static void put_file(const struct fake *f, const char *name, const char *text)
{
	g_assert_true(record_file(f->record, name, text, NULL));
}

static void put_run_json(const struct fake *f)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	static const char *const texts[][2] = { { "scenario", "made/up" },
						{ "about", "a <b>made-up</b> run" },
						{ "expected", "DEADLOCK" },
						{ "kernel", "6.12.117 \"stock\"" },
						{ "nic", "virtio-net" },
						{ "backend", "nbd-server" },
						{ "replay", "netswap run made/up" } };

	json_builder_begin_object(b);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		json_builder_set_member_name(b, texts[i][0]);
		json_builder_add_string_value(b, texts[i][1]);
	}
	json_builder_set_member_name(b, "cpus");
	json_builder_add_int_value(b, 2);
	judge_config_to_json(&config, b);
	json_builder_end_object(b);
	g_assert_true(record_json(f->record, "run.json", b, NULL));
}

static struct fake begin(void)
{
	struct fake f = { .parent = g_dir_make_tmp("netswap-report-XXXXXX", NULL),
			  .s = { .phase = BOARD_PRESSING,
				 .vm_running = 1,
				 .server_running = 1,
				 .free_pages = 100,
				 .min_pages = 322,
				 .low_pages = 402,
				 .high_pages = 482 } };

	g_assert_nonnull(f.parent);
	f.dir = g_build_filename(f.parent, "run", NULL);
	f.record = record_new(f.dir, NULL);
	put_run_json(&f);
	put_file(&f, "console.log", CONSOLE);
	put_file(&f, "scenario.scn",
		 "# made up\n[machine]\nmemory=128M\ncpus=3\nsysctl.vm.x=<7>\n"
		 "[pressure main]\ntotal=512M\n");
	return f;
}

static void finish(struct fake *f)
{
	record_free(f->record);
	g_assert_true(cache_remove_tree(f->parent, NULL));
	g_free(f->parent);
	g_free(f->dir);
}

static void sample(struct fake *f, gboolean moves)
{
	f->s.host_us += TICK_US;
	f->s.fair_us += TICK_US;
	f->s.swap_out_pages += moves ? 50 : 0;
	f->s.nbd_oldest_ms = moves ? 0 : f->s.nbd_oldest_ms + TICK_US / 1000;
	g_assert_true(record_sample(f->record, &f->s));
}

static void add_task(struct snapshot *s, const char *comm, guint64 owner, const char *last)
{
	struct task_facts t = { .address = 0x1000 * (s->tasks->len + 1),
				.pid = 40 + s->tasks->len,
				.state = 2,
				.frames = 3 };

	g_strlcpy(t.comm, comm, sizeof(t.comm));
	t.stack[0].function = "schedule";
	t.stack[1].function = owner ? "__mutex_lock" : "worker_thread";
	t.stack[2].function = g_intern_string(last);
	t.kernel_thread = !owner;
	t.on = (struct wait_object){ OBJECT_MUTEX, 0, 0x9000, owner, "<i>lock</i>" };
	if (!owner)
		t.on.kind = OBJECT_NONE;
	g_array_append_val(s->tasks, t);
}

/* Two tasks that hold what the other wants, three behind them, one idle thread. */
static void snapshot(struct fake *f)
{
	SCOPED(snapshot) s = snapshot_new();
	struct zone_facts zone = {
		.name = "DMA<32>", .free_pages = 10, .min_pages = 20, .lowest_pages = 7654
	};
	struct reserve_facts taken = { "pages_atomic", 4321 }, none = { "pages_oom", 0 };

	s->host_us = f->s.host_us;
	s->complete = s->server_running = s->server_answers = TRUE;
	add_task(s, HOSTILE, 0x2000, "alpha");
	add_task(s, "beta", 0x1000, "beta");
	for (guint i = 0; i < 3; i++)
		add_task(s, "anon", 0x1000, "shrink_node");
	add_task(s, "idler/0", 0, "kthread");
	g_array_append_val(s->zones, zone);
	g_array_append_val(s->reserve, taken);
	g_array_append_val(s->reserve, none);
	g_assert_true(record_snapshot(f->record, s));
}

/* Progress for @busy ticks, then a hang with two snapshots, and the verdict. */
static void hang(struct fake *f, guint busy)
{
	for (guint i = 0; i < busy; i++)
		sample(f, TRUE);
	record_event(f->record, EVENT_FAULT_BEGIN, &f->s, "<u>stop</u>", VERDICT_PASS, NULL);
	record_event(f->record, EVENT_FAULT_END, &f->s, "<u>stop</u>", VERDICT_PASS, NULL);
	for (guint i = 0; i < 80; i++) {
		sample(f, FALSE);
		if (i == 45 || i == 79)
			snapshot(f);
	}
	g_assert_true(conclude_replay(f->dir, FALSE, NULL));
}

static char *contents(const struct fake *f, const char *name)
{
	g_autofree char *path = g_build_filename(f->dir, name, NULL);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

/* --- what a page must be ----------------------------------------------- */

/* Cut what lies between the tags of each <@element>, whose text follows its own rules. */
static void cut(GString *html, const char *element)
{
	g_autofree char *begin = g_strdup_printf("<%s", element);
	g_autofree char *end = g_strdup_printf("</%s>", element);
	char *at = html->str;

	while ((at = strstr(at, begin))) {
		char *from = strchr(at, '>') + 1, *to = strstr(from, end);

		g_assert_nonnull(to);
		g_string_erase(html, from - html->str, to - from);
		at = from;
	}
}

/* Counts elements, and fails on any that acts or loads. */
static void on_start(GMarkupParseContext *context, const char *element, const char **names,
		     const char **values, gpointer data, GError **error)
{
	static const char *const refused[] = { "iframe", "img",	 "object", "embed",
					       "link",	 "form", "base",   NULL };

	g_assert_false(g_strv_contains(refused, element));
	for (guint i = 0; names[i]; i++) {
		g_assert_false(g_str_has_prefix(names[i], "on"));
		g_assert_cmpstr(names[i], !=, "style"); /* the policy would drop it */
		g_assert_cmpstr(names[i], !=, "src");
		if (!strcmp(names[i], "href"))
			g_assert_true(*values[i] == '#' || g_str_has_prefix(values[i], "./"));
	}
	++*(guint *)data;
}

static void assert_well_formed(const char *html)
{
	static const GMarkupParser parser = { .start_element = on_start };
	g_autoptr(GString) body = g_string_new(strchr(html + 1, '<'));
	guint elements = 0;
	g_autoptr(GMarkupParseContext)
		context = g_markup_parse_context_new(&parser, 0, &elements, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_str_has_prefix(html, "<!DOCTYPE html>"));
	g_assert_true(g_utf8_validate(html, -1, NULL));
	cut(body, "script");
	cut(body, "style");
	g_markup_parse_context_parse(context, body->str, -1, &error);
	g_assert_no_error(error);
	g_markup_parse_context_end_parse(context, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(elements, >, 100);
}

/* Every address in the page but the name of SVG's namespace. */
static void assert_alone(const char *html)
{
	for (const char *at = html; (at = strstr(at, "://")); at++)
		g_assert_true(g_str_has_prefix(at, "://www.w3.org/2000/svg\""));
	g_assert_null(strstr(html, "url("));
	g_assert_null(strstr(html, "@import"));
}

static void assert_policy(const char *html)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *script = strstr(html, "<script>") + strlen("<script>");
	guint8 digest[32];
	gsize bytes = sizeof(digest);
	g_autofree char *base64 = NULL;

	/* The hash is that of the one script that can run. */
	g_checksum_update(sum, (const guchar *)script, strstr(script, "</script>") - script);
	g_checksum_get_digest(sum, digest, &bytes);
	base64 = g_base64_encode(digest, bytes);
	g_assert_nonnull(strstr(html, base64));
	g_assert_nonnull(strstr(html, "content=\"default-src 'none'; style-src 'sha256-"));
	g_assert_null(strstr(html, "unsafe"));
	g_assert_null(strstr(strstr(html, "<script>") + 1, "<script>"));
}

/* --- tests ------------------------------------------------------------- */

static void test_deadlock(void)
{
	struct fake f = begin();
	g_autofree char *html = NULL;
	g_autofree char *text = NULL;
	g_autofree char *graph = NULL;

	hang(&f, 30);
	g_assert_true(report_write(f.dir, NULL));
	html = contents(&f, "report.html");
	text = contents(&f, "report.txt");
	graph = contents(&f, "waitgraph.json");
	assert_well_formed(html);
	assert_alone(html);
	assert_policy(html);
	g_assert_nonnull(strstr(html, "&lt;script&gt;x()"));
	g_assert_nonnull(strstr(html, "&lt;/pre&gt;&lt;script&gt;alert(1)"));
	g_assert_nonnull(strstr(html, "DMA&lt;32&gt;"));
	g_assert_nonnull(strstr(html, "&lt;u&gt;stop&lt;/u&gt;"));
	g_assert_nonnull(strstr(html, "<b class=\"bad\">Kernel panic"));
	g_assert_nonnull(strstr(html, "show 1 idle kernel thread<"));
	g_assert_nonnull(strstr(html, "3 x anon"));
	g_assert_nonnull(strstr(html, "<svg xmlns="));

	g_assert_true(g_str_has_prefix(text, "DEADLOCK   made/up"));
	for (const char *c = text; *c; c++)
		g_assert_true(g_ascii_isprint(*c) || *c == '\n' || *c == '\t');
	g_assert_nonnull(strstr(text, "waits for mutex <i>lock</i>: " HOSTILE ":40"));
	g_assert_nonnull(strstr(text, "there the ring closes"));
	g_assert_nonnull(strstr(text, "lowest_free_DMA<32>"));
	g_assert_nonnull(strstr(text, "4,321"));
	g_assert_null(strstr(text, "pages_oom"));
	g_assert_nonnull(strstr(text, "machine.cpus=3 (default: 2)"));
	g_assert_nonnull(strstr(text, "Known      no"));
	g_assert_nonnull(strstr(text, "netswap report --again"));

	g_autoptr(JsonNode) node = json_from_string(graph, NULL);

	g_assert_nonnull(node);
	g_assert_cmpint(json_object_get_int_member(json_node_get_object(node), "knot_size"), ==, 2);
	finish(&f);
}

/* The page is bounded however long the run was. */
static void test_ten_minutes(void)
{
	struct fake f = begin();
	g_autofree char *html = NULL;

	hang(&f, 6000);
	g_assert_true(report_write(f.dir, NULL));
	html = contents(&f, "report.html");
	g_assert_cmpuint(strlen(html), <, HTML_MAX);
	assert_well_formed(html);
	finish(&f);
}

/* A record that ends in the middle of a line, without console and without snapshots. */
static void test_torn(void)
{
	struct fake f = begin();
	g_autofree char *path = g_build_filename(f.dir, "samples.jsonl", NULL);
	g_autofree char *console = g_build_filename(f.dir, "console.log", NULL);
	g_autofree char *html = NULL;
	g_autofree char *graph = NULL;
	int fd;

	for (guint i = 0; i < 20; i++)
		sample(&f, TRUE);
	fd = g_open(path, O_WRONLY | O_APPEND, 0);
	g_assert_cmpint(write(fd, "{\"n\":99,\"host", 13), ==, 13);
	close(fd);
	g_unlink(console);
	g_assert_true(conclude_replay(f.dir, FALSE, NULL));
	g_assert_true(report_write(f.dir, NULL));
	html = contents(&f, "report.html");
	graph = contents(&f, "waitgraph.json");
	assert_well_formed(html);
	g_assert_nonnull(strstr(html, "class=\"verdict dull\">INFRA"));
	g_assert_null(graph);
	finish(&f);
}

/* Without its samples a run can be reported all the same, and the report says why it is short. */
static void test_missing_stream(void)
{
	struct fake f = begin();
	g_autofree char *path = g_build_filename(f.dir, "samples.jsonl", NULL);
	g_autofree char *text = NULL;

	hang(&f, 30);
	g_unlink(path);
	g_assert_true(report_write(f.dir, NULL));
	text = contents(&f, "report.txt");
	g_assert_nonnull(strstr(text, "could not be judged again"));
	finish(&f);
}

static void test_no_dot(void)
{
	struct fake f = begin();
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *html = NULL;
	g_autofree char *svg = NULL;

	hang(&f, 30);
	g_setenv("PATH", f.parent, TRUE);
	g_assert_true(report_write(f.dir, NULL));
	g_setenv("PATH", path, TRUE);
	html = contents(&f, "report.html");
	svg = contents(&f, "waitgraph.svg");
	assert_well_formed(html);
	g_assert_nonnull(strstr(html, "No picture: dot"));
	g_assert_nonnull(strstr(html, "The knot in words"));
	g_assert_null(svg);
	finish(&f);
}

static void test_not_a_run(void)
{
	struct fake f = begin();
	g_autoptr(GError) error = NULL;

	g_assert_false(report_write(f.dir, &error));
	g_assert_nonnull(strstr(error->message, "verdict.json"));
	finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/deadlock", test_deadlock);
	g_test_add_func("/report/ten-minutes", test_ten_minutes);
	g_test_add_func("/report/torn", test_torn);
	g_test_add_func("/report/missing-stream", test_missing_stream);
	g_test_add_func("/report/no-dot", test_no_dot);
	g_test_add_func("/report/not-a-run", test_not_a_run);
	return g_test_run();
}
