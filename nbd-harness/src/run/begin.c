// SPDX-License-Identifier: GPL-2.0-only
/* The beginning of a run: what it runs is obtained, its record opened, its machine started. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "run/conclude.h"
#include "run/limits.h"
#include "run/run_private.h"
#include "run/script.h"
#include "run/versions.h"

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
	json_add_string(b, "kernel", r->boot.kernel_name);
	json_add_string(b, "kernel_key", r->boot.kernel->key);
	json_add_string(b, "kernel_image", r->boot.kernel->image);
	json_add_string(b, "vmlinux", r->boot.kernel->vmlinux);
	json_add_strings(b, "series", s->kernel.series);
	json_add_string(b, "cmdline", r->boot.cmdline);
	json_add_string(b, "accel", r->boot.accel);
	json_add_string(b, "accel_reason", r->boot.accel_reason);
	json_add_int(b, "memory_bytes", s->machine.memory_bytes);
	json_add_int(b, "cpus", s->machine.cpus);
	json_add_string(b, "link", s->link.pair ? "pair" : "user");
	if (r->boot.peer.kernel)
		json_add_string(b, "peer_kernel", r->boot.peer.kernel->name);
	json_add_string(b, "nic", s->link.nic);
	json_add_string(b, "transport", s->swap.transport);
	json_add_string(b, "backend", s->swap.backend);
	json_add_int(b, "swap_bytes", s->swap.size_bytes);
	json_open_object(b, "sysctls");
	for (guint i = 0; i < s->machine.sysctls->len; i++) {
		const struct scenario_sysctl *sysctl = g_ptr_array_index(s->machine.sysctls, i);

		json_add_string(b, sysctl->name, sysctl->value);
	}
	json_builder_end_object(b);
	versions_to_json(b, s->swap.backend);
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
	if (r->scenario->link.pair) {
		r->peer_console_fd = open_log(r, "peer.log", error);
		if (r->peer_console_fd < 0)
			return FALSE;
		r->peer_klog = klog_new(r->peer_console_fd);
	}
	if (!r->scenario->link.pcap)
		return TRUE;
	r->pcap_fd = open_log(r, "link.pcap", error);
	return r->pcap_fd >= 0;
}

gboolean run_prepare(struct run *r, GError **error)
{
	const struct scenario *s = r->scenario;

	if (!boot_obtain(s, r->options->shell_on_failure, &r->boot, error))
		return FALSE;
	r->limits = limits_of(s);
	r->script = script_write(s, r->boot.kernel, r->options->seed, r->options->shell_on_failure,
				 error);
	return r->script && open_record(r, error);
}

gboolean run_start(struct run *r, GError **error)
{
	struct machine_config config = boot_machine_config(&r->boot);
	struct machine_events events = run_machine_events(r);

	config.console_fd = r->console_fd;
	config.qemu_log_fd = r->qemu_log_fd;
	config.server_log_fd = r->server_log_fd;
	config.pcap_fd = r->pcap_fd;
	config.peer.console_fd = r->peer_console_fd;
	r->machine = machine_start(r->scenario, &config, &events, error);
	return r->machine && record_file(r->record, "qemu.cmd", r->machine->qemu->command, error) &&
	       (!r->machine->peer ||
		record_file(r->record, "peer.cmd", r->machine->peer->qemu->command, error)) &&
	       machine_go(r->machine, r->script, error);
}
