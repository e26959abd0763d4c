// SPDX-License-Identifier: GPL-2.0-only
/* One run from its beginning to its end; run_private.h says which file does what. */
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "machine/attach.h"
#include "run/live.h"
#include "run/run_private.h"
#include "run/shell.h"

static volatile sig_atomic_t interrupted;

void run_interrupt(void)
{
	interrupted = 1;
}

gboolean run_interrupted(void)
{
	return interrupted != 0;
}

static void clear(struct run *r)
{
	const int fds[] = { r->console_fd, r->qemu_log_fd, r->server_log_fd, r->peer_console_fd,
			    r->pcap_fd };

	if (r->record)
		live_remove(r->record);
	observer_free(r->observer);
	guest_close(r->guest);
	machine_free(r->machine);
	klog_free(r->klog);
	klog_free(r->peer_klog);
	schedule_free(r->schedule);
	fair_free(r->fair);
	judge_free(r->judge);
	if (r->record)
		record_free(r->record);
	for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	g_clear_pointer(&r->loop, g_main_loop_unref);
	g_clear_pointer(&r->qemu_pids, g_array_unref);
	g_clear_pointer(&r->server_pids, g_array_unref);
	boot_clear(&r->boot);
	g_free(r->script);
	g_free(r->vmcoreinfo);
}

static gboolean on_signal(gpointer data)
{
	run_interrupt();
	return G_SOURCE_CONTINUE;
}

static void press(struct run *r)
{
	g_autoptr(GError) error = NULL;
	guint sources[4];

	/* From here on there is something to end in order, and a verdict to write. */
	sources[0] = g_unix_signal_add(SIGINT, on_signal, NULL);
	sources[1] = g_unix_signal_add(SIGTERM, on_signal, NULL);
	r->schedule = schedule_new(r->scenario, r->options->seed, &run_fault_ops, r);
	r->fair = fair_new();
	if (run_start(r, &error)) {
		sources[2] = g_timeout_add(RUN_TICK_MS, run_tick, r);
		sources[3] = g_timeout_add(RUN_BOOT_WATCH_MS, run_watch_boot, r);
		g_main_loop_run(r->loop);
	} else {
		sources[2] = sources[3] = 0;
		run_poll_consoles(r);
		run_infra(r, g_steal_pointer(&error));
	}
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		/* Those that ended by themselves are gone already. */
		GSource *source = sources[i] ? g_main_context_find_source_by_id(NULL, sources[i])
					     : NULL;

		if (source)
			g_source_destroy(source);
	}
}

static gboolean on_enough(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

/* The run is over and saved; its machine stays for as long as somebody looks at it. */
static void hand_over_to_person(struct run *r)
{
	g_autoptr(GError) error = NULL;
	guint interrupt, terminate;

	if (!r->machine || !r->machine->qemu->child->running)
		return;
	interrupt = g_unix_signal_add(SIGINT, on_enough, r->loop);
	terminate = g_unix_signal_add(SIGTERM, on_enough, r->loop);
	shell_say("the machine of %s is kept; Ctrl-] ends it", r->record->dir);
	shell_say("to look at it: netswap inspect --live %s", r->record->dir);
	shell_offer_gdb(r->machine, r->boot.kernel->vmlinux);
	if (!machine_resume(r->machine, &error))
		shell_say("the guest cannot go on: %s", error->message);
	else if (!attach_console(r->machine->qemu, r->machine->pod, &error))
		shell_say("no console: %s", error->message);
	else if (!shell_request(r->machine))
		shell_say("no shell: PID 1 of the guest does not answer");
	g_main_loop_run(r->loop);
	g_source_remove(interrupt);
	g_source_remove(terminate);
}

gboolean run_scenario(const struct scenario *s, const struct run_options *options,
		      struct run_result *result, GError **error)
{
	struct run r = { .scenario = s,
			 .options = options,
			 .console_fd = -1,
			 .peer_console_fd = -1,
			 .qemu_log_fd = -1,
			 .server_log_fd = -1,
			 .pcap_fd = -1,
			 .press_host_us = -1 };
	g_autofree char *title =
		g_strdup_printf("%s seed %" G_GUINT64_FORMAT, s->name, options->seed);
	gboolean ok = run_prepare(&r, error);

	if (ok) {
		r.judge = judge_new(&r.limits);
		r.loop = g_main_loop_new(NULL, FALSE);
		r.progress = progress_begin(title);
		run_clear_sample(&r.now);
		r.now.host_us = r.now.fair_us = 0;
		press(&r);
		ok = run_save(&r, result, error) && options->report(result->dir, error);
		progress_end(r.progress, "%s after %.1f s",
			     ok ? verdict_name(result->verdict) : "failed", r.now.host_us / 1e6);
		if (ok && options->shell_on_failure && !result->as_expected && !result->spoilt &&
		    !run_interrupted())
			hand_over_to_person(&r);
	}
	clear(&r);
	return ok;
}
