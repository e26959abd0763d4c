// SPDX-License-Identifier: GPL-2.0-only
#include "report/story.h"

#include <string.h>

#include "base/units.h"
#include "report/story_ring.h"
#include "report/tasks.h"
#include "run/record.h"

#define WAITERS_MAX 5 /* groups of those behind it */

/* --- what ran ---------------------------------------------------------- */

static void say_what_ran(GString *story, const struct report_input *in)
{
	const struct sample *s = report_last_sample(in);
	gint64 cpus = member_int(in->run, "cpus");

	story_say(story,
		  "Linux %s ran on %" G_GINT64_FORMAT " CPU%s with %" G_GINT64_FORMAT
		  " MiB of RAM and swapped over %s to %s%s.",
		  member_text(in->run, "kernel"), cpus, cpus == 1 ? "" : "s",
		  member_int(in->run, "memory_bytes") >> 20, member_text(in->run, "nic"),
		  member_text(in->run, "backend"),
		  strcmp(member_text(in->run, "link"), "pair") ? "" : " in a second VM");
	if (s && s->swap_out_pages > 0)
		story_say(story,
			  "Its pressure went through %" G_GINT64_FORMAT " MiB; %" G_GINT64_FORMAT
			  " MiB went out to swap and %" G_GINT64_FORMAT " MiB came back in.",
			  MAX(s->touched_pages, 0) / PAGES_PER_MIB,
			  s->swap_out_pages / PAGES_PER_MIB,
			  MAX(s->swap_in_pages, 0) / PAGES_PER_MIB);
	if (s && s->zswapped_pages > 0)
		story_say(story,
			  "Zswap took %" G_GINT64_FORMAT " MiB, some of which went out later.",
			  s->zswapped_pages / PAGES_PER_MIB);
}

static void say_faults(GString *story, const struct report_input *in)
{
	for (guint i = 0; i < in->events->len; i++) {
		const struct report_event *e = &g_array_index(in->events, struct report_event, i);

		if (!strcmp(e->kind, event_kind_name(EVENT_FAULT_BEGIN)))
			story_say(story, "At %.1f s fault %s began.", e->host_us / 1e6, e->name);
		else if (!strcmp(e->kind, event_kind_name(EVENT_FAULT_END)))
			story_say(story, "At %.1f s fault %s was healed.", e->host_us / 1e6,
				  e->name);
	}
}

/* --- how it ended ------------------------------------------------------ */

static void say_end(GString *story, const struct report_input *in, enum verdict v)
{
	double progress_s = member_double(in->verdict, "last_progress_s");
	double quiet_s = member_double(in->verdict, "detected_after_s");
	const char *reason = member_text(in->verdict, "reason");

	switch (v) {
	case VERDICT_DEADLOCK:
		story_say(story,
			  "At %.1f s everything stopped, and nothing moved in the %.1f s of fair "
			  "time "
			  "that followed.",
			  progress_s, quiet_s);
		break;
	case VERDICT_LIVELOCK:
		story_say(story,
			  "From %.1f s on its CPUs were busy and nothing came of it, for %.1f s of "
			  "fair time.",
			  progress_s, quiet_s);
		break;
	case VERDICT_PASS:
		story_say(story, "After %.1f s all of it had ended well: %s, none of them changed.",
			  member_double(in->verdict, "duration_s"), reason);
		break;
	default:
		story_say(story, "It ended after %.1f s: %s.",
			  member_double(in->verdict, "duration_s"), reason);
		if (quiet_s > 1)
			story_say(story, "The last progress was at %.1f s.", progress_s);
	}
}

/* --- who else was there ------------------------------------------------ */

/* Those who are stuck off the hot path; @how: "stuck behind it". */
static void say_waiters(GString *story, const struct fold *f, const char *how)
{
	guint tasks = 0, groups = 0;
	const char *sep = "";

	for (guint i = 0; i < f->nodes->len; i++) {
		const struct fold_node *node = fold_node_at(f, i);

		if (node->kind == NODE_TASK && node->stuck && !node->hot)
			tasks += node->members->len;
	}
	if (!tasks)
		return;
	story_say(story, "%u task%s %s:", tasks, tasks == 1 ? " is" : "s are", how);
	for (guint i = 0; i < f->nodes->len && groups < WAITERS_MAX; i++) {
		const struct fold_node *node = fold_node_at(f, i);

		if (node->kind != NODE_TASK || !node->stuck || node->hot)
			continue;
		g_string_append_printf(story, "%s %s", sep, node->title);
		for (guint e = 0; e < f->edges->len; e++) {
			if (fold_edge_at(f, e)->from != i)
				continue;
			g_string_append_printf(story, " (for %s)", fold_edge_at(f, e)->held);
			break;
		}
		sep = ";";
		groups++;
	}
	g_string_append_c(story, '.');
}

/* Who had the CPUs, and who wanted them. */
static void say_running(GString *story, const struct snapshot *s)
{
	guint running = 0, runnable = 0;

	for (guint i = 0; i < s->tasks->len; i++) {
		const struct task_facts *t = &g_array_index(s->tasks, struct task_facts, i);

		if (t->on_cpu && running++ < WAITERS_MAX)
			g_string_append_printf(story, "%s%s:%d",
					       running == 1 ? " At the last look the CPUs ran "
							    : ", ",
					       t->comm, t->pid);
		else if (!t->on_cpu && *task_state_name(t) == 'R')
			runnable++;
	}
	if (running)
		g_string_append_printf(story, "; %u more could run.", runnable);
}

/* Blocked, and yet nothing says that they cannot move: where to look on. */
static void say_unexplained(GString *story, const struct waitgraph *g, const struct snapshot *s)
{
	guint n = 0;

	for (guint i = 0; i < g->nodes->len; i++) {
		const struct wait_node *node = task_node(g, i);
		const struct task_facts *t = node->task >= 0 ? task_of(s, node) : NULL;

		if (!t || node->stuck || *task_state_name(t) != 'D' || n++ >= WAITERS_MAX)
			continue;
		g_string_append_printf(story, "%s%s:%d in %s",
				       n == 1 ? " Blocked without an explanation: " : ", ", t->comm,
				       t->pid, node->wait.function ? node->wait.function : "?");
	}
	if (n > WAITERS_MAX)
		g_string_append_printf(story, " and %u more", n - WAITERS_MAX);
	if (n)
		g_string_append_c(story, '.');
}

/* --- what surrounds it ------------------------------------------------- */

static void say_memory(GString *story, const struct report_input *in)
{
	const struct sample *s = report_last_sample(in);

	if (s && s->free_pages >= 0 && s->min_pages > 0)
		story_say(story,
			  "%" G_GINT64_FORMAT " pages were free then, %s the min watermark of "
			  "%" G_GINT64_FORMAT ".",
			  s->free_pages, s->free_pages < s->min_pages ? "below" : "above",
			  s->min_pages);
}

static void say_server(GString *story, const struct report_input *in)
{
	const struct snapshot *s = report_snapshot(in);

	if (!s)
		return;
	if (s->server_running && s->server_answers)
		story_say(story,
			  "The server was free to act: it ran, and answered a second client.");
	else
		story_say(story, "The server %s.",
			  s->server_running ? "did not answer a second client" : "was not running");
}

/* Retransmissions since the last progress, which brought nothing. */
static void say_timers(GString *story, const struct report_input *in)
{
	const struct sample *last = report_last_sample(in);
	gint64 progress_us = in->ruling->last_progress_host_us, before = SAMPLE_UNKNOWN;

	for (guint i = 0; i < in->samples->len; i++) {
		const struct sample *s = &g_array_index(in->samples, struct sample, i);

		if (s->host_us <= progress_us)
			before = s->tcp_timer_fires;
	}
	if (before >= 0 && last->tcp_timer_fires > before)
		story_say(story,
			  "The retransmit timer of the swap connection fired %" G_GINT64_FORMAT
			  " times meanwhile, in vain.",
			  last->tcp_timer_fires - before);
}

static void say_tightest(GString *story, const struct report_input *in)
{
	gint64 least = G_MAXINT64, min = 0, oldest_ms = SAMPLE_UNKNOWN;
	g_autofree char *oldest = NULL;
	const struct sample *last = report_last_sample(in);

	for (guint i = 0; i < in->samples->len; i++) {
		const struct sample *s = &g_array_index(in->samples, struct sample, i);

		if (s->free_pages >= 0 && s->free_pages < least) {
			least = s->free_pages;
			min = s->min_pages;
		}
		oldest_ms = MAX(oldest_ms, s->nbd_oldest_ms);
	}
	if (least == G_MAXINT64)
		return;
	if (oldest_ms >= 0)
		oldest = g_strdup_printf(", the oldest swap request waited %.1f s,",
					 oldest_ms / 1e3);
	story_say(story,
		  "At its tightest %" G_GINT64_FORMAT
		  " pages were free (min watermark %" G_GINT64_FORMAT
		  ")%s and tasks were throttled %" G_GINT64_FORMAT " time%s.",
		  least, min, oldest ? oldest : "", MAX(last->throttled, 0),
		  last->throttled == 1 ? "" : "s");
}

char *story_of(const struct report_input *in, const struct fold *f)
{
	GString *story = g_string_new(NULL);
	const struct waitgraph *g = report_graph(in);
	enum verdict v = VERDICT_INCONCLUSIVE;

	verdict_parse(member_text(in->verdict, "verdict"), &v);
	say_what_ran(story, in);
	say_faults(story, in);
	say_end(story, in, v);
	if (f && g && g->knot_size && v == VERDICT_DEADLOCK) {
		story_add_ring(story, f);
		say_waiters(story, f, "stuck behind it");
		say_memory(story, in);
		say_server(story, in);
		say_timers(story, in);
	} else if (f) {
		say_waiters(story, f, "stuck at the last look");
		if (v == VERDICT_LIVELOCK)
			say_running(story, report_snapshot(in));
		else
			say_unexplained(story, g, report_snapshot(in));
		say_memory(story, in);
		say_server(story, in);
	} else {
		say_tightest(story, in);
	}
	return g_string_free(story, FALSE);
}
