// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.txt: verdict first, then why, then everything a maintainer asks for
 * next.  Plain text of at most 100 columns where names allow it.
 */
#include <string.h>

#include "base/text.h"
#include "report/report.h"
#include "run/conclude.h"
#include "run/facts_json.h"

#define CONSOLE_TAIL_LINES 25
#define TAIL_BYTES	   16384
#define PAGES_PER_MIB	   256
#define NAMES_MAX	   3 /* of those that wait alike */

static const char *text_of(JsonObject *o, const char *name)
{
	return json_object_get_string_member_with_default(o, name, "");
}

static gint64 int_of(JsonObject *o, const char *name)
{
	return json_object_get_int_member_with_default(o, name, 0);
}

static double seconds_of(JsonObject *o, const char *name)
{
	return json_object_get_double_member_with_default(o, name, 0);
}

static JsonArray *array_of(JsonObject *o, const char *name)
{
	JsonNode *node = json_object_get_member(o, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static void heading(GString *out, const char *title)
{
	g_string_append_printf(out, "\n%s\n", title);
	for (gsize i = 0; i < strlen(title); i++)
		g_string_append_c(out, '-');
	g_string_append_c(out, '\n');
}

static void settings(GString *out, JsonObject *run)
{
	JsonObject *sysctls = json_object_get_object_member(run, "sysctls");
	g_autoptr(GList) names = json_object_get_members(sysctls);

	if (!names)
		text_line(out, "Settings   all at their defaults");
	for (GList *i = names; i; i = i->next)
		text_line(out, "Settings   %s=%s (differs from the default)", (char *)i->data,
			  text_of(sysctls, i->data));
}

static void summary(GString *out, JsonObject *run, JsonObject *verdict)
{
	text_line(out, "%s%s   %s, seed %" G_GINT64_FORMAT, text_of(verdict, "verdict"),
		  json_object_get_boolean_member(verdict, "as_expected") ? ""
									 : " (NOT as expected)",
		  text_of(run, "scenario"), int_of(run, "seed"));
	text_line(out, "  %s:", text_of(verdict, "meaning"));
	text_line(out, "  %s.", text_of(verdict, "reason"));
	text_line(out, "  Expected: %s.", text_of(verdict, "expected"));

	heading(out, "What ran");
	text_line(out, "Scenario   %s: %s", text_of(run, "scenario"), text_of(run, "about"));
	text_line(out, "Kernel     %s", text_of(run, "kernel"));
	text_line(out, "Machine    %" G_GINT64_FORMAT " CPUs, %" G_GINT64_FORMAT " MiB, %s, %s",
		  int_of(run, "cpus"), int_of(run, "memory_bytes") >> 20, text_of(run, "nic"),
		  text_of(run, "accel"));
	text_line(out, "Swap       %" G_GINT64_FORMAT " MiB over NBD, served by %s",
		  int_of(run, "swap_bytes") >> 20, text_of(run, "backend"));
	settings(out, run);
	text_line(out, "Command    %s", text_of(run, "cmdline"));
	text_line(out, "Time       %.1f s, of which %.1f s fair; last progress at %.1f s",
		  seconds_of(verdict, "duration_s"), seconds_of(verdict, "fair_s"),
		  seconds_of(verdict, "last_progress_s"));
}

static void others_that_held(GString *out, JsonObject *verdict)
{
	JsonArray *held = array_of(verdict, "held");

	if (!held || json_array_get_length(held) < 2)
		return;
	heading(out, "All that held");
	for (guint i = 0; i < json_array_get_length(held); i++) {
		JsonObject *o = json_array_get_object_element(held, i);

		text_line(out, "%-13s%s", text_of(o, "verdict"), text_of(o, "reason"));
	}
}

static const char *label_of(JsonArray *nodes, gint64 id)
{
	for (guint i = 0; i < json_array_get_length(nodes); i++) {
		JsonObject *node = json_array_get_object_element(nodes, i);

		if (int_of(node, "id") == id)
			return text_of(node, "label");
	}
	return "?";
}

/* Do two edges say the same, but for one of their ends? */
static gboolean alike(JsonObject *a, JsonObject *b, const char *end)
{
	return int_of(a, end) == int_of(b, end) &&
	       !strcmp(text_of(a, "waits_for"), text_of(b, "waits_for")) &&
	       !strcmp(text_of(a, "evidence"), text_of(b, "evidence"));
}

/* Take from @edges, beginning with number @first, those that share @end; their other ends, named.
 */
static char *fold(JsonArray *edges, JsonArray *nodes, guint first, const char *end,
		  const char *other_end, gboolean *told)
{
	JsonObject *edge = json_array_get_object_element(edges, first);
	GString *names = g_string_new(NULL);
	guint n = 0;

	for (guint i = first; i < json_array_get_length(edges); i++) {
		JsonObject *other = json_array_get_object_element(edges, i);

		if (told[i] || !alike(edge, other, end))
			continue;
		told[i] = TRUE;
		if (n++ < NAMES_MAX)
			g_string_append_printf(names, "%s%s", n > 1 ? ", " : "",
					       label_of(nodes, int_of(other, other_end)));
	}
	if (n > NAMES_MAX)
		g_string_append_printf(names, " and %u more", n - NAMES_MAX);
	return g_string_free(names, FALSE);
}

static guint count_alike(JsonArray *edges, guint first, const char *end, const gboolean *told)
{
	JsonObject *edge = json_array_get_object_element(edges, first);
	guint n = 0;

	for (guint i = first; i < json_array_get_length(edges); i++)
		n += !told[i] && alike(edge, json_array_get_object_element(edges, i), end);
	return n;
}

/* Waiters that wait alike are told once, and so are targets that serve alike. */
static void knot(GString *out, JsonObject *verdict)
{
	JsonObject *graph = json_object_get_object_member(verdict, "knot");
	JsonArray *edges = graph ? array_of(graph, "edges") : NULL;
	JsonArray *nodes = graph ? array_of(graph, "nodes") : NULL;
	guint n = edges ? json_array_get_length(edges) : 0;
	g_autofree gboolean *told = g_new0(gboolean, n + 1);

	if (!n || !nodes)
		return;
	heading(out, "The knot: who waits for what, held by whom");
	text_line(out, "Signature  %s", text_of(verdict, "signature"));
	text_line(out,
		  "Found      %.1f s of fair time after the last progress (khungtaskd speaks after "
		  "120 "
		  "s)",
		  seconds_of(verdict, "detected_after_s"));
	for (guint i = 0; i < n; i++) {
		JsonObject *edge = json_array_get_object_element(edges, i);
		g_autofree char *from = g_strdup(label_of(nodes, int_of(edge, "from")));
		g_autofree char *to = g_strdup(label_of(nodes, int_of(edge, "to")));

		if (told[i])
			continue;
		if (count_alike(edges, i, "to", told) > 1) {
			g_free(from);
			from = fold(edges, nodes, i, "to", "from", told);
		} else {
			g_free(to);
			to = fold(edges, nodes, i, "from", "to", told);
		}
		text_line(out, "  %s\n      waits for %s: %s   [%s]", from,
			  text_of(edge, "waits_for"), to, text_of(edge, "evidence"));
	}
}

static char *stack_text(JsonObject *task)
{
	JsonArray *stack = array_of(task, "stack");
	GString *out = g_string_new(NULL);

	for (guint i = 0; stack && i < json_array_get_length(stack); i++)
		text_line(out, "      %s", json_array_get_string_element(stack, i));
	return g_string_free(out, FALSE);
}

/* Tasks with the same stack are told once. */
static void blocked(GString *out, JsonObject *verdict)
{
	JsonArray *tasks = array_of(verdict, "blocked");
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!tasks || !json_array_get_length(tasks))
		return;
	heading(out, "Blocked tasks");
	for (guint i = 0; i < json_array_get_length(tasks); i++) {
		JsonObject *task = json_array_get_object_element(tasks, i);
		g_autofree char *stack = stack_text(task);

		if (g_hash_table_contains(told, stack))
			continue;
		for (guint k = i; k < json_array_get_length(tasks); k++) {
			JsonObject *other = json_array_get_object_element(tasks, k);
			g_autofree char *other_stack = stack_text(other);
			const char *mutex = text_of(other, "on");

			if (strcmp(stack, other_stack))
				continue;
			text_line(out, "  %s  %s  waits for %s%s%s%s", text_of(other, "task"),
				  text_of(other, "state"), text_of(other, "waits_for"),
				  *mutex ? " " : "", mutex,
				  json_object_get_boolean_member(other, "knot") ? "  (in the knot)"
										: "");
		}
		g_string_append(out, stack);
		g_hash_table_add(told, g_steal_pointer(&stack));
	}
}

/* The last @bytes of a file of the record, from a line's beginning; "" if there is none. */
static char *tail(const char *dir, const char *name, gsize bytes)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = NULL;
	gsize all;

	if (!g_file_get_contents(path, &text, &all, NULL))
		return g_strdup("");
	if (all <= bytes)
		return g_steal_pointer(&text);

	const char *newline = strchr(text + all - bytes, '\n');

	return g_strdup(newline ? newline + 1 : text + all - bytes);
}

static void last_sample(GString *out, const char *dir)
{
	g_autofree char *text = tail(dir, "samples.jsonl", TAIL_BYTES);
	g_autofree char *end = g_strchomp(g_strdup(text));
	const char *line = strrchr(end, '\n');
	g_autoptr(JsonNode) node = json_from_string(line ? line + 1 : end, NULL);
	struct sample s;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	sample_from_json(json_node_get_object(node), &s);
	heading(out, "The last sample");
	text_line(out,
		  "Memory     %" G_GINT64_FORMAT " pages free; watermarks min %" G_GINT64_FORMAT
		  ", low %" G_GINT64_FORMAT ", high %" G_GINT64_FORMAT,
		  s.free_pages, s.min_pages, s.low_pages, s.high_pages);
	text_line(out,
		  "Swap       %" G_GINT64_FORMAT " MiB out, %" G_GINT64_FORMAT
		  " MiB in; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " MiB free",
		  s.swap_out_pages / PAGES_PER_MIB, s.swap_in_pages / PAGES_PER_MIB,
		  s.swap_free_pages / PAGES_PER_MIB, s.swap_total_pages / PAGES_PER_MIB);
	text_line(out,
		  "NBD        %" G_GINT64_FORMAT
		  " requests in flight, the oldest for %.1f s; %" G_GINT64_FORMAT
		  " bytes queued to send, %" G_GINT64_FORMAT " unacknowledged",
		  s.nbd_in_flight, s.nbd_oldest_ms / 1e3, s.nbd_wmem_bytes, s.tcp_unacked_bytes);
	text_line(out,
		  "Tasks      %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
		  " runnable, %" G_GINT64_FORMAT " blocked; throttled %" G_GINT64_FORMAT
		  " times, %" G_GINT64_FORMAT " direct reclaims, %" G_GINT64_FORMAT " OOM kills",
		  s.tasks, s.tasks_runnable, s.tasks_blocked, s.throttled, s.alloc_stalls,
		  s.oom_kills);
	text_line(out,
		  "Pressure   %" G_GINT64_FORMAT " pages touched, %" G_GINT64_FORMAT
		  " verified, %" G_GINT64_FORMAT " corrupt; processes: %" G_GINT64_FORMAT
		  " running, %" G_GINT64_FORMAT " passed, %" G_GINT64_FORMAT
		  " failed, %" G_GINT64_FORMAT " killed",
		  s.touched_pages, s.verified_pages, s.corrupt_pages, s.slots_running,
		  s.slots_passed, s.slots_failed, s.slots_killed);
}

/* Phases, faults and evidence as they came; QMP's own chatter is left in the file. */
static void events(GString *out, const char *dir)
{
	g_autofree char *text = tail(dir, "events.jsonl", G_MAXSIZE);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	heading(out, "Events");
	for (char **line = lines; *line; line++) {
		g_autoptr(JsonNode) node = **line ? json_from_string(*line, NULL) : NULL;
		JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								     : NULL;

		if (!o || !strcmp(text_of(o, "event"), event_kind_name(EVENT_QMP)))
			continue;
		text_line(out, "  %7.1f s  %-12s %s%s%s", int_of(o, "host_us") / 1e6,
			  text_of(o, "event"), text_of(o, "name"),
			  *text_of(o, "name") && *text_of(o, "detail") ? ": " : "",
			  text_of(o, "detail"));
	}
}

static void console_tail(GString *out, const char *dir)
{
	g_autofree char *text = g_strchomp(tail(dir, "console.log", TAIL_BYTES));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = g_strv_length(lines);

	if (!n)
		return;
	heading(out, "Console, the last lines");
	for (guint i = n > CONSOLE_TAIL_LINES ? n - CONSOLE_TAIL_LINES : 0; i < n; i++) {
		/* The guest's words: nothing of it may move a terminal's cursor. */
		for (char *c = g_strchomp(lines[i]); *c; c++) {
			if (!g_ascii_isprint(*c) && *c != '\t')
				*c = '?';
		}
		text_line(out, "  %s", lines[i]);
	}
}

static void reproduce(GString *out, const char *dir, JsonObject *run)
{
	g_autofree char *core = g_build_filename(dir, "vmcore.zst", NULL);
	g_autofree char *command = tail(dir, "qemu.cmd", TAIL_BYTES);

	heading(out, "Again");
	text_line(out, "  %s", text_of(run, "replay"));
	if (g_file_test(core, G_FILE_TEST_EXISTS))
		text_line(out, "  vmcore: %s (zstd -d, then drgn or crash with %s)", core,
			  *text_of(run, "vmlinux") ? text_of(run, "vmlinux")
						   : "the kernel's debug symbols");
	if (*command) {
		text_line(out, "\nQEMU, without the swap server and the board:\n");
		g_string_append(out, command);
		if (!g_str_has_suffix(command, "\n"))
			g_string_append_c(out, '\n');
	}
}

char *report_text(const char *dir, GError **error)
{
	g_autoptr(JsonObject) run = conclude_load(dir, "run.json", error);
	g_autoptr(JsonObject) verdict = run ? conclude_load(dir, "verdict.json", error) : NULL;
	GString *out;

	if (!verdict)
		return NULL;
	out = g_string_new(NULL);
	summary(out, run, verdict);
	others_that_held(out, verdict);
	knot(out, verdict);
	last_sample(out, dir);
	events(out, dir);
	blocked(out, verdict);
	if (g_strcmp0(text_of(verdict, "verdict"), "PASS"))
		console_tail(out, dir);
	reproduce(out, dir, run);
	return g_string_free(out, FALSE);
}
