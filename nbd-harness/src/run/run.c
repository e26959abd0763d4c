// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory of operation
 *
 * Everything is driven by one timer of 100 ms in the main context (tick()).
 * Nothing that the guest does can block it: guest RAM and board are memory, the
 * console is a file, QMP and the second client have deadlines.
 *
 * The guest is opened (symbols, types, layouts) as soon as its kernel can be
 * believed: with a vmlinux of ours once PID 1 is seen on the board, else when
 * the guest has handed over its own symbols and types, before pressure.
 *
 * Whatever ends the run goes through judge_evidence() or judge_sample(), so
 * that the recorded stream explains the verdict; then finish() collects the
 * evidence in order of its worth: verdict first, then vmcore, then reports.
 */
#include "run/run.h"

#include <board.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "build/image.h"
#include "build/kernel.h"
#include "guest/observer.h"
#include "machine/fault.h"
#include "machine/machine.h"
#include "machine/schedule.h"
#include "run/conclude.h"
#include "run/klog.h"
#include "run/limits.h"
#include "run/open.h"
#include "run/fair.h"
#include "run/record.h"
#include "run/script.h"
#include "run/vmcore.h"

#define TICK_MS		     100
#define BOOT_WATCH_MS	     5 /* the boot is timed finer than samples come */
#define SERVER_PROBE_MS	     2000
#define TREE_EVERY_TICKS     10 /* the server's process tree is looked up once a second */
#define PROGRESS_EVERY_TICKS 5
/* The host kept the VM from running for so long, in all: nothing can be judged any more. */
#define UNFAIR_LIMIT_US (40ll * 60 * G_USEC_PER_SEC)

static volatile sig_atomic_t interrupted;

void run_interrupt(void)
{
	interrupted = 1;
}

gboolean run_interrupted(void)
{
	return interrupted != 0;
}

struct run {
	const struct scenario *scenario;
	const struct run_options *options;
	struct kernel *kernel;
	const char *accel;
	char *accel_reason;
	char *script, *cmdline, *initrd, *extra_image;
	struct judge_config limits;

	struct record *record;
	int console_fd, qemu_log_fd, server_log_fd;
	gboolean record_failed;

	struct machine *machine;
	struct guest *guest;
	struct observer *observer;
	char *vmcoreinfo;
	struct klog *klog;
	struct schedule *schedule;
	struct fair *fair;
	struct judge *judge;
	GMainLoop *loop;
	struct progress *progress;

	GArray *qemu_pids, *server_pids;
	guint ticks;
	gint64 tick_cpu_us; /* CPU time of this process spent in ticks */
	gint64 swap_on_us;  /* monotonic time at which the board said SWAP_ON */
	gint64 pressed_us;  /* host time of the last sample of the pressure */
	struct sample now;
	gint64 press_host_us; /* when PRESSING was first seen, -1 before */
	gboolean ended;
	gboolean killed_on_purpose; /* the server, by a fault */
	gboolean held_on_purpose;   /* the server, by a fault that is in force */
};

/* --- recording --------------------------------------------------------- */

static void check_recorded(struct run *r, gboolean ok)
{
	if (ok || r->record_failed)
		return;
	r->record_failed = TRUE;
	progress_note("netswap: cannot write to %s: %s; the run goes on, its record is incomplete",
		      r->record->dir, g_strerror(errno));
}

static void event(struct run *r, enum event_kind kind, const char *name, const char *detail)
{
	check_recorded(r, record_event(r->record, kind, &r->now, name, VERDICT_PASS, detail));
}

static void evidence(struct run *r, enum verdict v, const char *name, const char *reason)
{
	check_recorded(r, record_event(r->record, EVENT_EVIDENCE, &r->now, name, v, reason));
	judge_evidence(r->judge, v, reason);
}

static void end(struct run *r)
{
	r->ended = TRUE;
	g_main_loop_quit(r->loop);
}

static void infra(struct run *r, GError *error)
{
	evidence(r, VERDICT_INFRA, "harness", error->message);
	g_error_free(error);
	end(r);
}

/* --- what the machine reports ------------------------------------------ */

static void on_child_ended(const char *name, int status, gpointer data)
{
	struct run *r = data;
	g_autofree char *how =
		WIFSIGNALED(status)
			? g_strdup_printf("%s was killed by signal %d (%s)", name, WTERMSIG(status),
					  strsignal(WTERMSIG(status)))
			: g_strdup_printf("%s ended with status %d", name, WEXITSTATUS(status));

	if (!r->machine || r->ended)
		return;
	event(r, EVENT_CHILD, name, how);
	if (r->killed_on_purpose && strcmp(name, "qemu"))
		return;
	evidence(r, VERDICT_INFRA, name, how);
	end(r);
}

static void on_console_line(const struct klog_mark *mark, const char *line, gpointer data)
{
	struct run *r = data;

	event(r, EVENT_CONSOLE, mark->name, line);
	if (mark->evidence)
		evidence(r, mark->verdict, mark->name, line);
}

static void on_qmp_event(const char *name, gpointer data)
{
	struct run *r = data;

	if (r->ended)
		return;
	event(r, EVENT_QMP, name, NULL);
	if (!strcmp(name, "GUEST_PANICKED"))
		/* The console knows why: out of memory is not a crash. */
		klog_poll(r->klog, on_console_line, r);
}

/* --- faults ------------------------------------------------------------ */

static gboolean begin_fault(const struct scenario_fault *f, gpointer data, GError **error)
{
	struct run *r = data;

	if (fault_disturbs(f->kind)) {
		event(r, EVENT_FAULT_BEGIN, f->name, NULL);
		judge_fault(r->judge, f->name, TRUE);
	} else {
		event(r, EVENT_NOTE, f->name, "fault: happens now");
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
		event(r, EVENT_FAULT_END, f->name, NULL);
		judge_fault(r->judge, f->name, FALSE);
	} else {
		event(r, EVENT_NOTE, f->name, "fault: over");
	}
	progress_note("fault %s healed", f->name);
	return TRUE;
}

/* --- opening the guest ------------------------------------------------- */

static gboolean observe(struct run *r, GError **error)
{
	r->guest = open_guest(r->machine, r->kernel, &r->vmcoreinfo, error);
	r->observer = r->guest ? observer_new(r->guest, r->machine->board, error) : NULL;
	if (!r->observer)
		return FALSE;
	event(r, EVENT_NOTE, "guest-opened", r->guest->banner);
	return TRUE;
}

/* With a vmlinux at once, else when everything was handed over: before PRESSING by the script's
 * order. */
static gboolean can_open_guest(const struct run *r)
{
	gsize bytes;

	if (r->guest || r->options->observer_off)
		return FALSE;
	if (r->kernel->vmlinux)
		return open_blob(r->machine->board, "vmcoreinfo", &bytes) != NULL ||
		       r->now.phase >= BOARD_PRESSING;
	return r->now.phase >= BOARD_PRESSING;
}

/* --- the tick ---------------------------------------------------------- */

static void clear_sample(struct sample *s)
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
	clear_sample(&s);
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
	check_recorded(r, record_sample(r->record, &s));
	if (new_phase) {
		static const char *const names[] = { "booting",	 "running", "swap-on",
						     "pressing", "done",    "failed" };

		event(r, EVENT_PHASE, s.phase >= 0 && s.phase < 6 ? names[s.phase] : "?", NULL);
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
			MAX(s->free_pages, 0) / 256.0, MAX(s->nbd_in_flight, 0),
			s->nbd_oldest_ms > 3000 ? ", the oldest for seconds" : "");
}

/* Stop the VM, read everything, let it go on. */
static gboolean take_snapshot(struct run *r, GError **error)
{
	g_autoptr(GError) refused = NULL;
	gboolean answers = server_answers(r->machine->server, SERVER_PROBE_MS, &refused);
	gint64 stopped_us = g_get_monotonic_time();

	if (!machine_pause(r->machine, error))
		return FALSE;

	struct snapshot *s = observer_snapshot(r->observer, r->now.host_us);

	if (!machine_resume(r->machine, error)) {
		snapshot_free(s);
		return FALSE;
	}
	s->fair_us = r->now.fair_us;
	s->server_answers = answers;
	s->server_running = r->now.server_running == 1;

	g_autofree char *detail =
		g_strdup_printf("%u tasks; VM stopped for %" G_GINT64_FORMAT " us%s%s",
				s->tasks->len, g_get_monotonic_time() - stopped_us,
				refused ? "; server: " : "", refused ? refused->message : "");

	event(r, EVENT_SNAPSHOT, NULL, detail);
	check_recorded(r, record_snapshot(r->record, s));
	if (judge_snapshot(r->judge, s) == JUDGE_WANTS_END)
		end(r);
	return TRUE;
}

static void judge_now(struct run *r)
{
	g_autoptr(GError) error = NULL;
	gboolean was_starved = judge_is_starved(r->judge);
	enum judge_wants wants = judge_sample(r->judge, &r->now);

	if (judge_is_starved(r->judge) != was_starved)
		event(r, EVENT_NOTE, "STARVED",
		      was_starved ? "no longer" : "no progress under a fault");
	switch (wants) {
	case JUDGE_WANTS_END:
		end(r);
		break;
	case JUDGE_WANTS_SNAPSHOT:
		if (r->observer && !take_snapshot(r, &error))
			infra(r, g_steal_pointer(&error));
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

		evidence(r, VERDICT_INFRA, "guest", text);
	}
	if (interrupted)
		evidence(r, VERDICT_INFRA, "harness", "interrupted by a signal");
	if (r->now.host_us - r->now.fair_us > UNFAIR_LIMIT_US)
		evidence(r, VERDICT_INFRA, "host", "the host starved the VM of CPU time");
}

static gint64 thread_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static gboolean watch_boot(gpointer data)
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
	klog_poll(r->klog, on_console_line, r);
	if (can_open_guest(r) && !observe(r, &error)) {
		infra(r, error);
		return;
	}
	look_for_trouble(r);
	if (r->now.phase == BOARD_PRESSING &&
	    !schedule_run(r->schedule, (r->now.host_us - r->press_host_us) / 1000,
			  MAX(r->now.swap_out_pages, 0), &error)) {
		infra(r, error);
		return;
	}
	if (r->now.phase == BOARD_PRESSING)
		r->pressed_us = r->now.host_us;
	judge_now(r);
}

static gboolean tick(gpointer data)
{
	struct run *r = data;
	gint64 before_us = thread_cpu_us();

	if (!r->ended)
		look_closely(r);
	r->tick_cpu_us += thread_cpu_us() - before_us;
	return !r->ended;
}

/* --- beginning --------------------------------------------------------- */

static gboolean prepare(struct run *r, GError **error)
{
	const struct scenario *s = r->scenario;
	struct kernel_request request = script_kernel(s);

	r->kernel = kernel_obtain(&request, error);
	if (!r->kernel)
		return FALSE;
	r->initrd = image_initramfs(r->kernel, error);
	if (!r->initrd)
		return FALSE;
	if (script_needs_fio(s) && !(r->extra_image = image_fio(error)))
		return FALSE;
	r->accel = accel_choose(s->machine.accel, &r->accel_reason, error);
	if (!r->accel)
		return FALSE;
	r->script = script_write(s, r->kernel, r->options->seed, error);
	r->cmdline = script_cmdline(s, r->kernel);
	r->limits = limits_of(s);
	return r->script != NULL;
}

static gboolean write_run_json(struct run *r, GError **error)
{
	const struct scenario *s = r->scenario;
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *started = g_date_time_format_iso8601(now);
	g_autofree char *replay = g_strdup_printf("netswap run --seed %" G_GUINT64_FORMAT
						  " %s/scenario.scn",
						  r->options->seed, r->record->dir);

	json_builder_begin_object(b);
	json_add_string(b, "scenario", s->name);
	json_add_string(b, "about", s->about);
	json_add_int(b, "seed", r->options->seed);
	json_add_string(b, "started", started);
	json_add_string(b, "expected", verdict_name(s->expect.verdict));
	json_add_string(b, "kernel", r->kernel->name);
	json_add_string(b, "kernel_key", r->kernel->key);
	json_add_string(b, "kernel_image", r->kernel->image);
	json_add_string(b, "vmlinux", r->kernel->vmlinux);
	json_add_strings(b, "series", s->kernel.series);
	json_add_string(b, "cmdline", r->cmdline);
	json_add_string(b, "accel", r->accel);
	json_add_string(b, "accel_reason", r->accel_reason);
	json_add_int(b, "memory_bytes", s->machine.memory_bytes);
	json_add_int(b, "cpus", s->machine.cpus);
	json_add_string(b, "nic", s->link.nic);
	json_add_string(b, "backend", s->swap.backend);
	json_add_int(b, "swap_bytes", s->swap.size_bytes);
	json_open_object(b, "sysctls");
	for (guint i = 0; i < s->machine.sysctls->len; i++) {
		const struct scenario_sysctl *sysctl = g_ptr_array_index(s->machine.sysctls, i);

		json_add_string(b, sysctl->name, sysctl->value);
	}
	json_builder_end_object(b);
	json_add_int(b, "host_cpus", g_get_num_processors());
	json_add_string(b, "replay", replay);
	judge_config_to_json(&r->limits, b);
	json_builder_end_object(b);
	return record_json(r->record, "run.json", b, error);
}

static int open_log(struct run *r, const char *name, GError **error)
{
	g_autofree char *path = record_path(r->record, name);
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot create %s: %s", path,
			    g_strerror(errno));
	/* QEMU opens it anew as an unprivileged user, whatever the umask. */
	else if (fchmod(fd, 0666))
		g_debug("%s stays private", path);
	return fd;
}

static gboolean open_record(struct run *r, GError **error)
{
	r->record = record_new(r->options->dir, error);
	if (!r->record || !record_file(r->record, "scenario.scn", r->scenario->text, error) ||
	    !write_run_json(r, error))
		return FALSE;
	r->console_fd = open_log(r, "console.log", error);
	if (r->console_fd < 0)
		return FALSE;
	r->qemu_log_fd = open_log(r, "qemu.log", error);
	if (r->qemu_log_fd < 0)
		return FALSE;
	r->server_log_fd = open_log(r, "server.log", error);
	if (r->server_log_fd < 0)
		return FALSE;
	r->klog = klog_new(r->console_fd);
	return TRUE;
}

static gboolean start(struct run *r, GError **error)
{
	struct machine_config config = {
		.kernel_image = r->kernel->image,
		.initrd = r->initrd,
		.extra_image = r->extra_image,
		.cmdline = r->cmdline,
		.accel = r->accel,
		.console_fd = r->console_fd,
		.qemu_log_fd = r->qemu_log_fd,
		.server_log_fd = r->server_log_fd,
	};
	struct machine_events events = { on_child_ended, on_qmp_event, r };

	r->machine = machine_start(r->scenario, &config, &events, error);
	return r->machine && record_file(r->record, "qemu.cmd", r->machine->qemu->command, error) &&
	       machine_go(r->machine, r->script, error);
}

/* --- ending ------------------------------------------------------------ */

static void save_blobs(struct run *r)
{
	const struct board *board = r->machine->board;

	for (guint i = 0; i < MIN(board->blobs_used, BOARD_BLOBS); i++) {
		char name[sizeof(board->blobs[i].name)];
		gsize bytes;

		g_strlcpy(name, board->blobs[i].name, sizeof(name));
		if (!g_str_has_prefix(name, "result/"))
			continue;

		const void *data = open_blob(board, name, &bytes);
		g_autofree char *base = g_path_get_basename(name);
		g_autofree char *file = g_strdup_printf("result-%s.json", base);
		g_autofree char *path = record_path(r->record, file);

		/* The name is the guest's word: only its last part is used. */
		if (data)
			check_recorded(r, g_file_set_contents(path, data, bytes, NULL));
	}
}

static gboolean wants_vmcore(enum verdict v)
{
	return v != VERDICT_PASS && v != VERDICT_INFRA && v != VERDICT_INCONCLUSIVE;
}

static void save_vmcore(struct run *r)
{
	g_autofree char *path = record_path(r->record, "vmcore.zst");
	g_autoptr(GError) error = NULL;

	machine_pause(r->machine, NULL);
	progress_update(r->progress, -1, "saving the vmcore");
	if (!vmcore_write(r->guest->memory, r->vmcoreinfo, r->guest->direct_map,
			  r->guest->phys_base, path, &error))
		progress_note("netswap: %s", error->message);
}

/* What `make bench` measures with. */
static gboolean write_timing(struct run *r, GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	gint64 boot_us = r->swap_on_us ? r->swap_on_us - r->machine->qemu_start_us : 0;

	json_builder_begin_object(b);
	json_add_seconds(b, "qemu_to_swap_on_s", boot_us);
	json_add_seconds(b, "pressure_s",
			 r->press_host_us < 0 ? 0 : r->pressed_us - r->press_host_us);
	json_add_int(b, "touched_pages", r->now.touched_pages);
	json_add_int(b, "samples", r->ticks);
	json_add_int(b, "cpu_us_per_sample", r->ticks ? r->tick_cpu_us / r->ticks : 0);
	json_builder_end_object(b);
	return record_json(r->record, "timing.json", b, error);
}

static gboolean finish(struct run *r, struct run_result *result, GError **error)
{
	const struct ruling *ruling = judge_conclude(r->judge);
	g_autoptr(JsonObject) run = conclude_load(r->record->dir, "run.json", error);

	if (!run || !conclude_write(r->record->dir, run, ruling, error))
		return FALSE;
	if (r->machine) {
		if (!write_timing(r, error))
			return FALSE;
		save_blobs(r);
		if (r->guest && wants_vmcore(ruling->verdict))
			save_vmcore(r);
	}
	*result = (struct run_result){
		.verdict = ruling->verdict,
		.expected = r->scenario->expect.verdict,
		.as_expected = ruling->verdict == r->scenario->expect.verdict,
		.detected_after_us = ruling->decided_fair_us - ruling->last_progress_fair_us,
		.duration_us = ruling->decided_host_us,
		.dir = g_strdup(r->record->dir),
		.signature = g_strdup(ruling->signature),
		.kernel = g_strdup(r->kernel->name),
		.seed = r->options->seed,
	};
	return TRUE;
}

static void clear(struct run *r)
{
	const int fds[] = { r->console_fd, r->qemu_log_fd, r->server_log_fd };

	observer_free(r->observer);
	guest_close(r->guest);
	machine_free(r->machine);
	klog_free(r->klog);
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
	if (r->kernel)
		kernel_free(r->kernel);
	g_free(r->accel_reason);
	g_free(r->script);
	g_free(r->cmdline);
	g_free(r->initrd);
	g_free(r->extra_image);
	g_free(r->vmcoreinfo);
}

static gboolean on_signal(gpointer data)
{
	run_interrupt();
	return G_SOURCE_CONTINUE;
}

static void press(struct run *r)
{
	static const struct fault_ops ops = { begin_fault, end_fault };
	g_autoptr(GError) error = NULL;
	guint sources[4];

	/* From here on there is something to end in order, and a verdict to write. */
	sources[0] = g_unix_signal_add(SIGINT, on_signal, NULL);
	sources[1] = g_unix_signal_add(SIGTERM, on_signal, NULL);
	r->schedule = schedule_new(r->scenario, &ops, r);
	r->fair = fair_new();
	if (start(r, &error)) {
		sources[2] = g_timeout_add(TICK_MS, tick, r);
		sources[3] = g_timeout_add(BOOT_WATCH_MS, watch_boot, r);
		g_main_loop_run(r->loop);
	} else {
		sources[2] = sources[3] = 0;
		infra(r, g_steal_pointer(&error));
	}
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		/* Those that ended by themselves are gone already. */
		GSource *source = sources[i] ? g_main_context_find_source_by_id(NULL, sources[i])
					     : NULL;

		if (source)
			g_source_destroy(source);
	}
}

gboolean run_scenario(const struct scenario *s, const struct run_options *options,
		      struct run_result *result, GError **error)
{
	struct run r = { .scenario = s,
			 .options = options,
			 .console_fd = -1,
			 .qemu_log_fd = -1,
			 .server_log_fd = -1,
			 .press_host_us = -1 };
	g_autofree char *title =
		g_strdup_printf("%s seed %" G_GUINT64_FORMAT, s->name, options->seed);
	gboolean ok = prepare(&r, error) && open_record(&r, error);

	if (ok) {
		r.judge = judge_new(&r.limits);
		r.loop = g_main_loop_new(NULL, FALSE);
		r.progress = progress_begin(title);
		clear_sample(&r.now);
		r.now.host_us = r.now.fair_us = 0;
		press(&r);
		ok = finish(&r, result, error);
		progress_end(r.progress, "%s after %.1f s",
			     ok ? verdict_name(result->verdict) : "failed", r.now.host_us / 1e6);
	}
	clear(&r);
	return ok;
}

void run_result_clear(struct run_result *r)
{
	g_clear_pointer(&r->dir, g_free);
	g_clear_pointer(&r->signature, g_free);
	g_clear_pointer(&r->kernel, g_free);
}
