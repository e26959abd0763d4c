// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a run between its ticks (a process ends, a line on the
 * console, a word of QMP, a fault), and how anything gets into its record.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "machine/fault.h"
#include "run/run_private.h"

/* --- recording --------------------------------------------------------- */

void run_check_recorded(struct run *r, gboolean ok)
{
	if (ok || r->record_failed)
		return;
	r->record_failed = TRUE;
	progress_note("netswap: cannot write to %s: %s; the run goes on, its record is incomplete",
		      r->record->dir, g_strerror(errno));
}

void run_event(struct run *r, enum event_kind kind, const char *name, const char *detail)
{
	run_check_recorded(r, record_event(r->record, kind, &r->now, name, VERDICT_PASS, detail));
}

void run_evidence(struct run *r, enum verdict v, const char *name, const char *reason)
{
	run_check_recorded(r, record_event(r->record, EVENT_EVIDENCE, &r->now, name, v, reason));
	judge_evidence(r->judge, v, reason);
}

void run_stop(struct run *r)
{
	r->ended = TRUE;
	g_main_loop_quit(r->loop);
}

void run_infra(struct run *r, GError *error)
{
	run_evidence(r, VERDICT_INFRA, "harness", error->message);
	g_error_free(error);
	run_stop(r);
}

/* --- what the machine reports ------------------------------------------ */

static void on_child_ended(const char *name, int status, gpointer data)
{
	struct run *r = data;
	g_autofree char *status_text = text_wait_status(status);
	g_autofree char *how = g_strdup_printf("%s %s", name, status_text);

	if (!r->machine)
		return;
	if (r->ended) {
		g_main_loop_quit(r->loop); /* whoever still looks at it */
		return;
	}
	run_event(r, EVENT_CHILD, name, how);
	if (r->killed_on_purpose && strcmp(name, "qemu"))
		return;
	run_evidence(r, VERDICT_INFRA, name, how);
	run_stop(r);
}

static void on_console_line(const struct klog_mark *mark, const char *line, gpointer data)
{
	struct run *r = data;

	run_event(r, EVENT_CONSOLE, mark->name, line);
	if (!mark->evidence)
		return;
	run_evidence(r, mark->verdict, mark->name, klog_reason(mark, line));
	r->spoilt |= mark->verdict == VERDICT_INFRA && r->now.swap_out_pages <= 0;
}

/* Its kernel is not the one on trial: what would be a verdict on the guest is none here. */
static void on_peer_line(const struct klog_mark *mark, const char *line, gpointer data)
{
	g_autofree char *reason = g_strconcat("the server's VM crashed: ", line, NULL);
	struct run *r = data;

	if (mark->verdict != VERDICT_CRASH && mark->verdict != VERDICT_INFRA)
		return;
	run_evidence(r, VERDICT_INFRA, "server-vm", reason);
	r->spoilt = TRUE;
}

void run_poll_consoles(struct run *r)
{
	klog_poll(r->klog, on_console_line, r);
	if (r->peer_klog)
		klog_poll(r->peer_klog, on_peer_line, r);
}

static void on_qmp_event(const char *name, gpointer data)
{
	struct run *r = data;

	if (r->ended)
		return;
	run_event(r, EVENT_QMP, name, NULL);
	if (!strcmp(name, "GUEST_PANICKED"))
		/* The console knows why: out of memory is not a crash. */
		run_poll_consoles(r);
}

struct machine_events run_machine_events(struct run *r)
{
	return (struct machine_events){ on_child_ended, on_qmp_event, r };
}

/* --- faults ------------------------------------------------------------ */

static gboolean begin_fault(const struct scenario_fault *f, gpointer data, GError **error)
{
	struct run *r = data;

	if (fault_disturbs(f->kind)) {
		run_event(r, EVENT_FAULT_BEGIN, f->name, NULL);
		judge_fault(r->judge, f->name, TRUE);
	} else {
		run_event(r, EVENT_NOTE, f->name, "fault: happens now");
	}
	if (fault_kills(f->kind, "server"))
		r->killed_on_purpose = TRUE;
	if (f->kind == FAULT_SERVER_STOP)
		r->held_on_purpose = TRUE;
	progress_note("fault %s", f->name);
	return fault_begin(r->machine, f, error);
}

static gboolean end_fault(const struct scenario_fault *f, gpointer data, GError **error)
{
	struct run *r = data;

	if (!fault_end(r->machine, f, error))
		return FALSE;
	if (f->kind == FAULT_SERVER_STOP)
		r->held_on_purpose = FALSE;
	if (fault_disturbs(f->kind)) {
		run_event(r, EVENT_FAULT_END, f->name, NULL);
		judge_fault(r->judge, f->name, FALSE);
	} else {
		run_event(r, EVENT_NOTE, f->name, "fault: over");
	}
	progress_note("fault %s healed", f->name);
	return TRUE;
}

static gboolean is_over(const struct scenario_fault *f, gpointer data)
{
	struct run *r = data;

	return fault_is_over(r->machine, f);
}

const struct fault_ops run_fault_ops = { begin_fault, end_fault, is_over };
