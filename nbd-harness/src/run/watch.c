// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory of operation
 *
 * Everything is driven by one timer of 100 ms in the main context (run_tick()).
 * Nothing that the guest does can block it: guest RAM and board are memory, the
 * console is a file, QMP and the second client have deadlines.
 *
 * The guest is opened (symbols, types, layouts) as soon as its kernel can be
 * believed: with a vmlinux of ours once PID 1 is seen on the board, else when
 * the guest has handed over its own symbols and types, before pressure.
 */
#include <board.h>
#include <time.h>

#include "guest/view_task.h"
#include "machine/registers.h"
#include "machine/virtqueue.h"
#include "run/live.h"
#include "run/open.h"
#include "run/run_private.h"

#define SERVER_PROBE_MS	     2000
#define TREE_EVERY_TICKS     10 /* the server's process tree is looked up once a second */
#define PROGRESS_EVERY_TICKS 5
/* The host kept the VM from running for so long, in all: nothing can be judged any more. */
#define UNFAIR_LIMIT_US (40ll * 60 * G_USEC_PER_SEC)

/* --- opening the guest ------------------------------------------------- */

static gboolean observe(struct run *r, GError **error)
{
	struct open_source from = {
		.ram_fd = r->machine->qemu->ram_fd,
		.memory_bytes = r->scenario->machine.memory_bytes,
		.cpus = r->scenario->machine.cpus,
		.board = r->machine->board,
		.vmlinux = r->boot.kernel->vmlinux,
	};

	r->guest = open_guest(&from, &r->vmcoreinfo, error);
	r->observer = r->guest ? observer_new(r->guest, r->machine->board,
					      scenario_is_over_nbd(r->scenario), error)
			       : NULL;
	if (!r->observer)
		return FALSE;
	run_event(r, EVENT_NOTE, "guest-opened", r->guest->banner);
	run_check_recorded(r, live_write(r->record, &from, r->machine->qemu->board_fd, NULL));
	return TRUE;
}

/* With a vmlinux at once, else when everything was handed over: before PRESSING by the script's
 * order. */
static gboolean can_open_guest(const struct run *r)
{
	gsize bytes;

	if (r->guest || r->options->observer_off)
		return FALSE;
	if (r->boot.kernel->vmlinux)
		return open_blob(r->machine->board, "vmcoreinfo", &bytes) != NULL ||
		       r->now.phase == BOARD_PRESSING;
	return r->now.phase >= BOARD_PRESSING;
}

/* --- the tick ---------------------------------------------------------- */

void run_clear_sample(struct sample *s)
{
	for (const struct sample_field *f = sample_fields; f->name; f++)
		G_STRUCT_MEMBER(gint64, s, f->offset) = SAMPLE_UNKNOWN;
}

static void refresh_pids(struct run *r)
{
	g_clear_pointer(&r->qemu_pids, g_array_unref);
	g_clear_pointer(&r->server_pids, g_array_unref);
	r->qemu_pids = machine_qemu_pids(r->machine);
	r->server_pids = machine_server_pids(r->machine);
}

static void take_sample(struct run *r)
{
	struct fair_reading fair;
	struct sample s;

	if (r->ticks % TREE_EVERY_TICKS == 0)
		refresh_pids(r);
	fair_read(r->fair, r->qemu_pids, r->server_pids, r->machine->vm_running, r->held_on_purpose,
		  &fair);
	run_clear_sample(&s);
	s.host_us = fair.host_us;
	s.fair_us = fair.fair_us;
	s.vcpu_us = fair.first_cpu_us;
	s.server_cpu_us = fair.second_cpu_us;
	s.server_running = fair.second_threads > 0 && !fair.second_stopped;
	s.vm_running = r->machine->vm_running;
	if (r->observer)
		observer_sample(r->observer, &s);
	else
		observer_sample_board(r->machine->board, &s);

	gboolean new_phase = s.phase != r->now.phase;

	r->now = s;
	if (new_phase) {
		static const char *const names[] = { "booting",	 "running", "swap-on",
						     "pressing", "done",    "failed" };

		run_event(r, EVENT_PHASE, s.phase >= 0 && s.phase < 6 ? names[s.phase] : "?", NULL);
		if (s.phase == BOARD_PRESSING)
			r->press_host_us = s.host_us;
	}
}

/* Passes of the pressure that makes most of them. */
static guint longest(const struct scenario *s)
{
	guint passes = 1;

	for (guint i = 0; i < s->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(s->pressures, i);

		if (!p->companion)
			passes = MAX(passes, p->passes);
	}
	return passes;
}

static void show_progress(struct run *r)
{
	const struct sample *s = &r->now;
	double fraction = -1;

	if (r->ticks % PROGRESS_EVERY_TICKS)
		return;
	if (s->phase < BOARD_PRESSING) {
		progress_update(r->progress, -1, "booting");
		return;
	}
	if (s->pass_pages > 0)
		fraction = CLAMP((double)s->touched_pages / (s->pass_pages * longest(r->scenario)),
				 0, 1);
	progress_update(r->progress, fraction,
			"swap out %" G_GINT64_FORMAT " MiB, in %" G_GINT64_FORMAT
			" MiB, free %.1f MiB, %" G_GINT64_FORMAT " requests in flight%s",
			MAX(s->swap_out_pages, 0) >> 8, MAX(s->swap_in_pages, 0) >> 8,
			MAX(s->free_pages, 0) / 256.0,
			MAX(s->nbd_in_flight, 0) + MAX(s->rpc_in_flight, 0),
			s->nbd_oldest_ms > 3000 ? ", the oldest for seconds" : "");
}

/* The receive queue as the device has it, beside what its driver says. */
static void add_device_side(struct run *r, struct snapshot *s)
{
	for (guint i = 0; i < s->napis->len; i++) {
		struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);

		if (napi->rx_posted < 0)
			continue;
		napi->rx_seen = virtqueue_rx_seen(r->machine->qemu->qmp);
		return; /* one queue pair */
	}
}

/* Stop the VM, read everything, let it go on.  *about (caller frees) says how long that took. */
static struct snapshot *read_stopped(struct run *r, char **about, GError **error)
{
	g_autoptr(GError) unread = NULL;
	gint64 asked_us = g_get_monotonic_time();

	if (!machine_pause(r->machine, error))
		return NULL;

	/* For the stacks of running tasks: without registers a snapshot lacks those, no more. */
	g_autoptr(GArray) cpus = view_task_running(r->guest)
					 ? vcpu_registers_read(r->machine->qemu->qmp, &unread)
					 : NULL;
	struct snapshot *s = observer_snapshot(r->observer, r->now.host_us, cpus);

	if (!machine_resume(r->machine, error)) {
		snapshot_free(s);
		return NULL;
	}
	*about = g_strdup_printf("%u tasks; VM stopped for %" G_GINT64_FORMAT
				 " us, %" G_GINT64_FORMAT " us with asking%s%s",
				 s->tasks->len, machine_paused_us(r->machine),
				 g_get_monotonic_time() - asked_us, unread ? "; " : "",
				 unread ? unread->message : "");
	return s;
}

static gboolean take_snapshot(struct run *r, GError **error)
{
	g_autofree char *about = NULL;
	g_autoptr(GError) refused = NULL;
	gboolean answers = server_answers(r->machine->server, SERVER_PROBE_MS, &refused);
	struct snapshot *s = read_stopped(r, &about, error);

	if (!s)
		return FALSE;
	s->fair_us = r->now.fair_us;
	s->server_answers = answers;
	s->server_running = r->now.server_running == 1;
	add_device_side(r, s);

	g_autofree char *detail = g_strdup_printf("%s%s%s", about, refused ? "; server: " : "",
						  refused ? refused->message : "");

	run_event(r, EVENT_SNAPSHOT, NULL, detail);
	run_check_recorded(r, record_snapshot(r->record, s));
	if (judge_snapshot(r->judge, s) == JUDGE_WANTS_END)
		run_stop(r);
	return TRUE;
}

/* For run_options.measure_stops. */
static gboolean measure_stop(struct run *r, GError **error)
{
	g_autofree char *about = NULL;
	SCOPED(snapshot) s = read_stopped(r, &about, error);

	if (s)
		run_event(r, EVENT_SNAPSHOT, "measured", about);
	return s != NULL;
}

static void judge_now(struct run *r)
{
	g_autoptr(GError) error = NULL;
	gboolean was_starved = judge_is_starved(r->judge);
	enum judge_wants wants;

	/* Recorded in the order in which the judge sees it: faults of this tick came before. */
	run_check_recorded(r, record_sample(r->record, &r->now));
	wants = judge_sample(r->judge, &r->now);

	if (judge_is_starved(r->judge) != was_starved)
		run_event(r, EVENT_NOTE, "STARVED",
			  was_starved ? "no longer" : "no progress under a fault");
	switch (wants) {
	case JUDGE_WANTS_END:
		run_stop(r);
		break;
	case JUDGE_WANTS_SNAPSHOT:
		if (r->observer && !take_snapshot(r, &error))
			run_infra(r, g_steal_pointer(&error));
		break;
	case JUDGE_WANTS_NOTHING:
		break;
	}
}

static void look_for_trouble(struct run *r)
{
	if (r->now.phase == BOARD_FAILED) {
		g_autofree char *text =
			open_text(r->machine->board->error, sizeof(r->machine->board->error));

		run_evidence(r, VERDICT_INFRA, "guest", text);
	}
	if (run_interrupted())
		run_evidence(r, VERDICT_INFRA, "harness", "interrupted by a signal");
	if (r->now.host_us - r->now.fair_us > UNFAIR_LIMIT_US)
		run_evidence(r, VERDICT_INFRA, "host", "the host starved the VM of CPU time");
}

static gint64 thread_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

gboolean run_watch_boot(gpointer data)
{
	struct run *r = data;

	if (r->machine->board->phase >= BOARD_SWAP_ON)
		r->swap_on_us = g_get_monotonic_time();
	return !r->swap_on_us && !r->ended;
}

static void look_closely(struct run *r)
{
	GError *error = NULL;

	take_sample(r);
	r->ticks++;
	show_progress(r);
	run_poll_consoles(r);
	if (can_open_guest(r) && !observe(r, &error)) {
		run_infra(r, error);
		return;
	}
	look_for_trouble(r);
	if (r->now.phase == BOARD_PRESSING &&
	    !schedule_run(r->schedule, (r->now.host_us - r->press_host_us) / 1000, &r->now,
			  &error)) {
		run_infra(r, error);
		return;
	}
	machine_send_requests(r->machine);
	if (r->now.phase == BOARD_PRESSING)
		r->pressed_us = r->now.host_us;
	if (r->options->measure_stops && r->observer && r->machine->vm_running &&
	    !measure_stop(r, &error)) {
		run_infra(r, error);
		return;
	}
	judge_now(r);
}

gboolean run_tick(gpointer data)
{
	struct run *r = data;
	gint64 before_us = thread_cpu_us();

	if (!r->ended)
		look_closely(r);
	r->tick_cpu_us += thread_cpu_us() - before_us;
	return !r->ended;
}
