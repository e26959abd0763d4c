// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.txt: verdict first, then why, then everything a maintainer asks for
 * next.  Plain text of at most 100 columns where names allow it.
 */
#include "report/text.h"

#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "report/settings.h"
#include "report/story.h"
#include "report/text_parts.h"
#include "run/record.h"

#define COLUMNS		   96
#define CONSOLE_TAIL_LINES 25
#define EVENTS_MAX	   60

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
	text_heading(out, "All that held");
	for (guint i = 0; i < json_array_get_length(held); i++) {
		JsonObject *o = json_array_get_object_element(held, i);

		text_line(out, "%-13s%s", member_text(o, "verdict"), member_text(o, "reason"));
	}
}

/* --- the knot ---------------------------------------------------------- */

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
	text_heading(out, "The knot: who waits for what, held by whom");
	text_line(out, "Signature  %s", signature);
	known(out, in);
	text_line(out,
		  "Found      %.1f s of fair time after the last progress (khungtaskd speaks after "
		  "120 s)",
		  member_double(in->verdict, "detected_after_s"));
	text_waits(out, f, WAITS_HOT);
	text_line(out, "Stuck behind it:");
	text_waits(out, f, WAITS_STUCK);
}

/* --- the guest ---------------------------------------------------------- */

static void state(GString *out, const struct report_input *in)
{
	const struct snapshot *s = report_snapshot(in);

	if (!s)
		return;
	text_heading(out, "The guest's memory, devices and workers at the last snapshot");
	text_state(out, s);
}

static void stacks(GString *out, const struct report_input *in)
{
	if (!report_graph(in))
		return;
	text_heading(out, "Stacks of all tasks that are not idle, the knot's first");
	text_stacks(out, report_graph(in), report_snapshot(in), FALSE);
}

static void last_sample(GString *out, const struct report_input *in)
{
	const struct sample *s = report_last_sample(in);

	if (!s)
		return;
	text_heading(out, "The last sample");
	text_line(out,
		  "Memory     %" G_GINT64_FORMAT " pages free; watermarks min %" G_GINT64_FORMAT
		  ", low %" G_GINT64_FORMAT ", high %" G_GINT64_FORMAT,
		  s->free_pages, s->min_pages, s->low_pages, s->high_pages);
	text_line(out,
		  "Swap       %" G_GINT64_FORMAT " MiB out, %" G_GINT64_FORMAT
		  " MiB in; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " MiB free",
		  s->swap_out_pages / PAGES_PER_MIB, s->swap_in_pages / PAGES_PER_MIB,
		  s->swap_free_pages / PAGES_PER_MIB, s->swap_total_pages / PAGES_PER_MIB);
	if (s->nbd_in_flight >= 0)
		text_line(out,
			  "NBD        %" G_GINT64_FORMAT
			  " requests in flight, the oldest for %.1f s",
			  s->nbd_in_flight, s->nbd_oldest_ms / 1e3);
	if (s->rpc_in_flight >= 0)
		text_line(out, "RPC        %" G_GINT64_FORMAT " calls under way", s->rpc_in_flight);
	text_line(out,
		  "Sockets    %" G_GINT64_FORMAT " bytes queued to send, %" G_GINT64_FORMAT
		  " unacknowledged",
		  s->swap_wmem_bytes, s->tcp_unacked_bytes);
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
	const char *server = v ? member_text(v, "server") : "";

	text_line(out, "Kernel     %s", member_text(in->run, "kernel"));
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!strcmp(e->name, "guest-opened"))
			text_line(out, "           %s", e->detail);
	}
	if (v)
		text_line(out, "Versions   netswap %s; %s; %s%shost %s", member_text(v, "netswap"),
			  member_text(v, "qemu"), server, *server ? "; " : "",
			  member_text(v, "host"));
}

static void what_ran(GString *out, const struct report_input *in)
{
	const char *peer = member_text(in->run, "peer_kernel");
	g_autoptr(GArray) settings = settings_of(in);

	text_heading(out, "What ran");
	text_line(out, "Scenario   %s: %s", member_text(in->run, "scenario"),
		  member_text(in->run, "about"));
	versions(out, in);
	text_line(out, "Machine    %" G_GINT64_FORMAT " CPUs, %" G_GINT64_FORMAT " MiB, %s, %s",
		  member_int(in->run, "cpus"), member_int(in->run, "memory_bytes") >> 20,
		  member_text(in->run, "nic"), member_text(in->run, "accel"));
	text_line(out, "Swap       %" G_GINT64_FORMAT " MiB over %s, served by %s%s%s",
		  member_int(in->run, "swap_bytes") >> 20, report_transport(in),
		  member_text(in->run, "backend"), *peer ? " in a second VM, on " : "", peer);
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

	text_heading(out, "Events");
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
	text_heading(out, "Console, the last lines");
	for (guint i = n > CONSOLE_TAIL_LINES ? n - CONSOLE_TAIL_LINES : 0; i < n; i++)
		text_line(out, "  %s", g_strchomp(lines[i]));
}

static void reproduce(GString *out, const struct report_input *in)
{
	g_autofree char *core = g_build_filename(in->dir, "vmcore.zst", NULL);
	g_autofree char *command = report_file(in, "qemu.cmd");
	const char *vmlinux = member_text(in->run, "vmlinux");

	text_heading(out, "Again");
	text_line(out, "Run it     %s", member_text(in->run, "replay"));
	text_line(out, "Judge it   netswap report --again %s", in->dir);
	text_line(out, "Share it   netswap report --share run.tar.zst %s", in->dir);
	if (report_snapshot(in))
		text_line(out, "Look in    netswap inspect %s", in->dir);
	if (g_file_test(core, G_FILE_TEST_EXISTS))
		text_line(out, "vmcore     %s (zstd -d, then drgn or crash with %s)", core,
			  *vmlinux ? vmlinux : "the kernel's debug symbols");
	if (*command)
		text_line(out, "\nQEMU, without the swap server and the board:\n\n%s",
			  g_strchomp(command));
}

char *text_report(const struct report_input *in, const struct fold *f)
{
	GString *out = g_string_new(NULL);
	g_autofree char *story = story_of(in, f);

	summary(out, in);
	text_heading(out, "What happened");
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
	return text_printable(out);
}
