// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.txt: verdict first, then why, then everything a maintainer asks for
 * next.  Plain text of at most 100 columns where names allow it.
 */
#include "report/text.h"

#include <string.h>

#include "base/text.h"
#include "judge/stack.h"
#include "report/settings.h"
#include "report/state.h"
#include "report/story.h"
#include "report/tasks.h"
#include "run/record.h"

#define COLUMNS		   96
#define CONSOLE_TAIL_LINES 25
#define EVENTS_MAX	   60
#define ROWS_MAX	   20
#define GROUP_LINES_MAX	   12 /* of tasks with one stack */
#define PAGES_PER_MIB	   256

static void heading(GString *out, const char *title)
{
	g_string_append_printf(out, "\n%s\n", title);
	for (gsize i = 0; i < strlen(title); i++)
		g_string_append_c(out, '-');
	g_string_append_c(out, '\n');
}

/* @text broken at spaces. */
static void paragraph(GString *out, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize column = 0;

	for (char **word = words; *word; word++) {
		gboolean fits = column + 1 + strlen(*word) <= COLUMNS;

		if (column)
			g_string_append_c(out, fits ? ' ' : '\n');
		column = (column && fits ? column + 1 : 0) + strlen(*word);
		g_string_append(out, *word);
	}
	g_string_append_c(out, '\n');
}

static void summary(GString *out, const struct report_input *in)
{
	text_line(out, "%s%s   %s, seed %" G_GINT64_FORMAT, member_text(in->verdict, "verdict"),
		  member_bool(in->verdict, "as_expected") ? "" : " (NOT as expected)",
		  member_text(in->run, "scenario"), member_int(in->run, "seed"));
	text_line(out, "  %s:", member_text(in->verdict, "meaning"));
	text_line(out, "  %s.", member_text(in->verdict, "reason"));
	text_line(out, "  Expected: %s.", member_text(in->verdict, "expected"));
	if (in->trouble)
		text_line(out, "  The record could not be judged again: %s.", in->trouble);
	else if (strcmp(verdict_name(in->ruling->verdict), member_text(in->verdict, "verdict")))
		text_line(out, "  Judged again by this version: %s.",
			  verdict_name(in->ruling->verdict));
}

static void others_that_held(GString *out, const struct report_input *in)
{
	JsonArray *held = member_array(in->verdict, "held");

	if (!held || json_array_get_length(held) < 2)
		return;
	heading(out, "All that held");
	for (guint i = 0; i < json_array_get_length(held); i++) {
		JsonObject *o = json_array_get_object_element(held, i);

		text_line(out, "%-13s%s", member_text(o, "verdict"), member_text(o, "reason"));
	}
}

/* --- the knot ---------------------------------------------------------- */

/* The edges of the hot path, or those of everybody else who is stuck. */
static void waits(GString *out, const struct fold *f, gboolean hot)
{
	for (guint e = 0; f && e < f->edges->len; e++) {
		const struct fold_edge *edge = fold_edge_at(f, e);
		const struct fold_node *from = fold_node_at(f, edge->from);

		if (edge->hot != hot || (!hot && (from->kind != NODE_TASK || !from->stuck)))
			continue;
		text_line(out, "  %s%s%s%s\n      waits for %s: %s   [%s]", from->title,
			  *from->detail ? " [" : "", from->detail, *from->detail ? "]" : "",
			  edge->held, fold_node_at(f, edge->to)->title, edge->evidence);
	}
}

static void known(GString *out, const struct report_input *in)
{
	JsonObject *k = member_object(in->verdict, "known");

	if (!k) {
		text_line(out, "Known      no: not in nbd-harness/known-signatures");
		return;
	}
	text_line(out, "Known      %s: %s", member_text(k, "name"), member_text(k, "title"));
	text_line(out, "           in %s", member_text(k, "kernels"));
	if (*member_text(k, "fixed_by"))
		text_line(out, "           fixed by %s", member_text(k, "fixed_by"));
	if (*member_text(k, "more"))
		text_line(out, "           more: %s", member_text(k, "more"));
}

static void knot(GString *out, const struct report_input *in, const struct fold *f)
{
	const char *signature = member_text(in->verdict, "signature");

	if (!*signature)
		return;
	heading(out, "The knot: who waits for what, held by whom");
	text_line(out, "Signature  %s", signature);
	known(out, in);
	text_line(out,
		  "Found      %.1f s of fair time after the last progress (khungtaskd speaks after "
		  "120 s)",
		  member_double(in->verdict, "detected_after_s"));
	waits(out, f, TRUE);
	text_line(out, "Stuck behind it:");
	waits(out, f, FALSE);
}

/* --- tasks ------------------------------------------------------------- */

static void task_line(GString *out, const struct task_facts *t, const struct wait_node *node)
{
	g_autofree char *wait = task_wait_text(t, &node->wait);
	g_autofree char *flags = task_flags_text(t);

	text_line(out, "  %s  %s  waits for %s%s%s%s%s", node->label, task_state_name(t), wait,
		  *flags ? "  {" : "", flags, *flags ? "}" : "",
		  node->knot ? "  (in the knot)" : "");
}

static void stack_lines(GString *out, const struct task_facts *t)
{
	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *frame = stack_frame_text(&t->stack[i]);

		text_line(out, "      %s", frame);
	}
}

/* Tasks with the same stack are told once. */
static void stacks(GString *out, const struct report_input *in)
{
	const struct waitgraph *g = report_graph(in);
	const struct snapshot *s = report_snapshot(in);
	g_autoptr(GArray) groups = g ? fold_stacks(g, s, FALSE) : NULL;

	if (!groups || !groups->len)
		return;
	heading(out, "Stacks of all tasks that are not idle, the knot's first");
	for (guint i = 0; i < groups->len; i++) {
		const struct stack_group *group = &g_array_index(groups, struct stack_group, i);
		guint n = group->nodes->len;

		for (guint k = 0; k < MIN(n, GROUP_LINES_MAX); k++) {
			const struct wait_node *node =
				task_node(g, g_array_index(group->nodes, guint, k));

			task_line(out, task_of(s, node), node);
		}
		if (n > GROUP_LINES_MAX)
			text_line(out, "  and %u more", n - GROUP_LINES_MAX);
		if (n > 1)
			text_line(out, "      (%u tasks with this stack)", n);
		stack_lines(out, task_of(s, task_node(g, g_array_index(group->nodes, guint, 0))));
	}
}

/* --- the guest's state ------------------------------------------------- */

static void state(GString *out, const struct report_input *in)
{
	const struct snapshot *s = report_snapshot(in);
	g_autoptr(GPtrArray) tables = s ? state_tables(s) : NULL;

	if (!tables)
		return;
	heading(out, "The guest's memory, devices and workers at the last snapshot");
	if (!s->complete)
		text_line(out, "(The snapshot is incomplete: part of the memory made no sense.)");
	for (guint i = 0; i < tables->len; i++)
		table_to_text(g_ptr_array_index(tables, i), ROWS_MAX, out);
}

static void last_sample(GString *out, const struct report_input *in)
{
	const struct sample *s = report_last_sample(in);

	if (!s)
		return;
	heading(out, "The last sample");
	text_line(out,
		  "Memory     %" G_GINT64_FORMAT " pages free; watermarks min %" G_GINT64_FORMAT
		  ", low %" G_GINT64_FORMAT ", high %" G_GINT64_FORMAT,
		  s->free_pages, s->min_pages, s->low_pages, s->high_pages);
	text_line(out,
		  "Swap       %" G_GINT64_FORMAT " MiB out, %" G_GINT64_FORMAT
		  " MiB in; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " MiB free",
		  s->swap_out_pages / PAGES_PER_MIB, s->swap_in_pages / PAGES_PER_MIB,
		  s->swap_free_pages / PAGES_PER_MIB, s->swap_total_pages / PAGES_PER_MIB);
	text_line(out,
		  "NBD        %" G_GINT64_FORMAT
		  " requests in flight, the oldest for %.1f s; %" G_GINT64_FORMAT
		  " bytes queued to send, %" G_GINT64_FORMAT " unacknowledged",
		  s->nbd_in_flight, s->nbd_oldest_ms / 1e3, s->nbd_wmem_bytes,
		  s->tcp_unacked_bytes);
	text_line(out,
		  "Tasks      %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
		  " runnable, %" G_GINT64_FORMAT " blocked; throttled %" G_GINT64_FORMAT
		  " times, %" G_GINT64_FORMAT " direct reclaims, %" G_GINT64_FORMAT " OOM kills",
		  s->tasks, s->tasks_runnable, s->tasks_blocked, s->throttled, s->alloc_stalls,
		  s->oom_kills);
	text_line(out,
		  "Pressure   %" G_GINT64_FORMAT " pages touched, %" G_GINT64_FORMAT
		  " verified, %" G_GINT64_FORMAT " corrupt; processes: %" G_GINT64_FORMAT
		  " running, %" G_GINT64_FORMAT " passed, %" G_GINT64_FORMAT
		  " failed, %" G_GINT64_FORMAT " killed",
		  s->touched_pages, s->verified_pages, s->corrupt_pages, s->slots_running,
		  s->slots_passed, s->slots_failed, s->slots_killed);
}

/* --- what ran, and how it went ----------------------------------------- */

static void versions(GString *out, const struct report_input *in)
{
	JsonObject *v = member_object(in->run, "versions");

	text_line(out, "Kernel     %s", member_text(in->run, "kernel"));
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!strcmp(e->name, "guest-opened"))
			text_line(out, "           %s", e->detail);
	}
	if (v)
		text_line(out, "Versions   netswap %s; %s; %s; host %s", member_text(v, "netswap"),
			  member_text(v, "qemu"), member_text(v, "server"), member_text(v, "host"));
}

static void what_ran(GString *out, const struct report_input *in)
{
	g_autoptr(GArray) settings = settings_of(in);

	heading(out, "What ran");
	text_line(out, "Scenario   %s: %s", member_text(in->run, "scenario"),
		  member_text(in->run, "about"));
	versions(out, in);
	text_line(out, "Machine    %" G_GINT64_FORMAT " CPUs, %" G_GINT64_FORMAT " MiB, %s, %s",
		  member_int(in->run, "cpus"), member_int(in->run, "memory_bytes") >> 20,
		  member_text(in->run, "nic"), member_text(in->run, "accel"));
	text_line(out, "Swap       %" G_GINT64_FORMAT " MiB over NBD, served by %s",
		  member_int(in->run, "swap_bytes") >> 20, member_text(in->run, "backend"));
	text_line(out, "Command    %s", member_text(in->run, "cmdline"));
	text_line(out, "Time       %.1f s, of which %.1f s fair; last progress at %.1f s",
		  member_double(in->verdict, "duration_s"), member_double(in->verdict, "fair_s"),
		  member_double(in->verdict, "last_progress_s"));
	text_line(out, "Settings   %s",
		  settings->len ? "that differ from the defaults:" : "all at their defaults");
	for (guint i = 0; i < settings->len; i++) {
		g_autofree char *line = setting_text(&g_array_index(settings, struct setting, i));

		text_line(out, "           %s", line);
	}
}

/* Phases, faults and evidence as they came; QMP's own chatter is left in the file. */
static void events(GString *out, const struct report_input *in)
{
	guint shown = 0, n = 0;

	heading(out, "Events");
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!strcmp(e->kind, event_kind_name(EVENT_QMP)) || ++n > EVENTS_MAX)
			continue;
		text_line(out, "  %7.1f s  %-12s %s%s%s", e->host_us / 1e6, e->kind, e->name,
			  *e->name && *e->detail ? ": " : "", e->detail);
		shown++;
	}
	if (shown < n)
		text_line(out, "  and %u more in events.jsonl", n - shown);
}

static void console_tail(GString *out, const struct report_input *in)
{
	g_autofree char *text = g_strchomp(g_strdup(in->console));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = g_strv_length(lines);

	if (!n || !strcmp(member_text(in->verdict, "verdict"), "PASS"))
		return;
	heading(out, "Console, the last lines");
	for (guint i = n > CONSOLE_TAIL_LINES ? n - CONSOLE_TAIL_LINES : 0; i < n; i++)
		text_line(out, "  %s", g_strchomp(lines[i]));
}

static void reproduce(GString *out, const struct report_input *in)
{
	g_autofree char *core = g_build_filename(in->dir, "vmcore.zst", NULL);
	g_autofree char *command = report_file(in, "qemu.cmd");
	const char *vmlinux = member_text(in->run, "vmlinux");

	heading(out, "Again");
	text_line(out, "Run it     %s", member_text(in->run, "replay"));
	text_line(out, "Judge it   netswap report --again %s", in->dir);
	if (g_file_test(core, G_FILE_TEST_EXISTS))
		text_line(out, "vmcore     %s (zstd -d, then drgn or crash with %s)", core,
			  *vmlinux ? vmlinux : "the kernel's debug symbols");
	if (*command)
		text_line(out, "\nQEMU, without the swap server and the board:\n\n%s",
			  g_strchomp(command));
}

/* The guest's words are in it: nothing may move a terminal's cursor. */
static char *printable(GString *out)
{
	for (char *c = out->str; *c; c++) {
		if (!g_ascii_isprint(*c) && *c != '\n' && *c != '\t')
			*c = '?';
	}
	return g_string_free(out, FALSE);
}

char *text_report(const struct report_input *in, const struct fold *f)
{
	GString *out = g_string_new(NULL);
	g_autofree char *story = story_of(in, f);

	summary(out, in);
	heading(out, "What happened");
	paragraph(out, story);
	others_that_held(out, in);
	knot(out, in, f);
	what_ran(out, in);
	last_sample(out, in);
	state(out, in);
	events(out, in);
	stacks(out, in);
	console_tail(out, in);
	reproduce(out, in);
	return printable(out);
}
