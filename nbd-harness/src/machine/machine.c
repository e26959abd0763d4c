// SPDX-License-Identifier: GPL-2.0-only
#include "machine/machine.h"

#include <board.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/flooder.h"
#include "machine/shape.h"

#define SERVER_DEADLINE_MS 15000
#define PEER_DEADLINE_MS   60000
/* Beyond guest RAM and swap: QEMU itself, its translation cache, page cache. */
#define HOST_RESERVE_BYTES (512ull << 20)

static gboolean host_has_memory(const struct scenario *s, GError **error)
{
	g_autofree char *meminfo = NULL;
	guint64 available_kib = 0;
	guint64 need = s->machine.memory_bytes + server_image_bytes(s) + HOST_RESERVE_BYTES;

	if (!g_file_get_contents("/proc/meminfo", &meminfo, NULL, error))
		return FALSE;

	const char *line = strstr(meminfo, "MemAvailable:");

	if (!line || sscanf(line, "MemAvailable: %" G_GUINT64_FORMAT, &available_kib) != 1)
		return TRUE; /* a kernel that does not say */
	if (available_kib * 1024 >= need)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "%s needs %" G_GUINT64_FORMAT " MiB of host memory (guest RAM, swap image and "
		    "QEMU), %" G_GUINT64_FORMAT
		    " MiB are available; use a smaller machine.memory or "
		    "swap.size",
		    s->name, need >> 20, available_kib >> 10);
	return FALSE;
}

static void on_child_exit(struct pod_child *child, gpointer data)
{
	struct machine *m = data;

	m->events.child_ended(child->name, child->wait_status, m->events.data);
}

static void on_qmp_event(const char *event, JsonObject *object, gpointer data)
{
	struct machine *m = data;

	if (!strcmp(event, "STOP"))
		m->vm_running = FALSE;
	else if (!strcmp(event, "RESUME"))
		m->vm_running = TRUE;
	m->events.qmp_event(event, m->events.data);
}

static void on_qmp_closed(gpointer data)
{
	struct machine *m = data;

	m->vm_running = FALSE;
	m->events.qmp_event("closed", m->events.data);
}

static int make_swap_image(guint64 bytes, GError **error)
{
	/* A memfd has no path: nobody but this run's server can open it. */
	int fd = memfd_create("netswap-swap", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, bytes)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot make a swap image of %" G_GUINT64_FORMAT " bytes: %s", bytes,
			    g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Before the guest asks for it. */
static gboolean start_flooder(struct machine *m, int log_fd, GError **error)
{
	for (guint i = 0; i < m->scenario->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(m->scenario->pressures, i);

		if (!strcmp(p->workload, "flood"))
			return flooder_start(m->pod, log_fd, error) != NULL;
	}
	return TRUE;
}

/* The link as the scenario has it, with the faults in force. */
gboolean machine_reshape_link(struct machine *m, GError **error)
{
	struct scenario_shape out = m->scenario->link.shape, in = out;

	for (guint i = 0; i < m->shaping->len; i++) {
		const struct scenario_fault *f = g_ptr_array_index(m->shaping, i);

		if (f->out)
			out = shape_with(out, f);
		if (f->in)
			in = shape_with(in, f);
	}
	return peer_shape(m->peer, m->pod, &out, &in, error);
}

gboolean machine_shape_link(struct machine *m, const struct scenario_fault *fault, gboolean on,
			    GError **error)
{
	if (on)
		g_ptr_array_add(m->shaping, (gpointer)fault);
	else
		g_ptr_array_remove(m->shaping, (gpointer)fault);
	return machine_reshape_link(m, error);
}

/* Where the swap image is served: beside QEMU, or in a VM of its own. */
static gboolean start_server(struct machine *m, const struct machine_config *config, GError **error)
{
	if (!m->scenario->link.pair) {
		m->server = server_start(m->pod, m->scenario, m->swap_fd, config->server_log_fd,
					 SERVER_DEADLINE_MS, error);
		return m->server != NULL;
	}
	m->peer = peer_start(m->pod, &config->peer, config->accel, m->swap_fd,
			     m->scenario->swap.port, config->server_log_fd, PEER_DEADLINE_MS,
			     error);
	if (m->peer && machine_reshape_link(m, error))
		m->server = server_in_vm(m->pod, m->scenario, m->peer->qemu->child,
					 config->server_log_fd, SERVER_DEADLINE_MS, error);
	return m->server != NULL;
}

struct machine *machine_start(const struct scenario *s, const struct machine_config *config,
			      const struct machine_events *events, GError **error)
{
	struct machine *m = g_new0(struct machine, 1);
	struct qemu_config qemu = {
		.kernel_image = config->kernel_image,
		.initrd = config->initrd,
		.extra_image = config->extra_image,
		.kernel_cmdline = config->cmdline,
		.accel = config->accel,
		.name = "qemu",
		.nic = s->link.nic,
		.wire_fd = -1,
		.disk_fd = -1,
		.pcap_fd = config->pcap_fd,
		.memory_bytes = s->machine.memory_bytes,
		.cpus = s->machine.cpus,
		.balloon = scenario_has_fault(s, FAULT_BALLOON),
		.interactive = config->interactive,
	};

	m->scenario = s;
	m->events = *events;
	m->swap_fd = -1;
	m->shaping = g_ptr_array_new();
	m->requests = g_queue_new();
	if (!host_has_memory(s, error))
		goto fail;
	m->pod = pod_new(on_child_exit, m, error);
	if (!m->pod)
		goto fail;
	m->swap_fd = make_swap_image(server_image_bytes(s), error);
	if (m->swap_fd < 0)
		goto fail;
	if (!start_server(m, config, error) || !start_flooder(m, config->server_log_fd, error))
		goto fail;
	if (m->peer)
		qemu.wire_fd = m->peer->wire_fd;
	m->qemu_start_us = g_get_monotonic_time();
	m->qemu = qemu_start(m->pod, &qemu, config->console_fd, config->qemu_log_fd, on_qmp_event,
			     on_qmp_closed, m, error);
	if (!m->qemu)
		goto fail;
	m->board = m->qemu->board;
	return m;
fail:
	machine_free(m);
	return NULL;
}

gboolean machine_go(struct machine *m, const char *script, GError **error)
{
	if (!qemu_go(m->qemu, script, error))
		return FALSE;
	m->vm_running = TRUE;
	return TRUE;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	qemu_free(m->qemu);
	peer_free(m->peer);
	if (m->server)
		server_free(m->server);
	pod_free(m->pod);
	if (m->swap_fd >= 0)
		close(m->swap_fd);
	g_ptr_array_unref(m->shaping);
	g_queue_free_full(m->requests, g_free);
	g_free(m);
}

gboolean machine_pause(struct machine *m, GError **error)
{
	if (!qemu_do(m->qemu, "stop", NULL, error))
		return FALSE;
	m->vm_running = FALSE;
	return TRUE;
}

gboolean machine_resume(struct machine *m, GError **error)
{
	if (!qemu_do(m->qemu, "cont", NULL, error))
		return FALSE;
	m->vm_running = TRUE;
	return TRUE;
}

gboolean machine_set_carrier(struct machine *m, gboolean on, GError **error)
{
	return qemu_do(m->qemu, "set_link",
		       on ? "{\"name\":\"net\",\"up\":true}" : "{\"name\":\"net\",\"up\":false}",
		       error);
}

gint64 machine_paused_us(const struct machine *m)
{
	gint64 stop_us = qmp_event_us(m->qemu->qmp, "STOP");
	gint64 resume_us = qmp_event_us(m->qemu->qmp, "RESUME");

	return stop_us && resume_us ? resume_us - stop_us : -1;
}

void machine_request(struct machine *m, const char *line)
{
	g_queue_push_tail(m->requests, g_strdup(line));
	machine_send_requests(m);
}

/* There is room for one. */
static gboolean has_done_the_last(const struct machine *m)
{
	return __atomic_load_n(&m->board->request_done, __ATOMIC_ACQUIRE) == m->board->request_seq;
}

void machine_send_requests(struct machine *m)
{
	g_autofree char *line = has_done_the_last(m) ? g_queue_pop_head(m->requests) : NULL;

	if (line)
		qemu_request(m->qemu, line);
}

gboolean machine_has_answered(const struct machine *m)
{
	return g_queue_is_empty(m->requests) && has_done_the_last(m);
}

GArray *machine_qemu_pids(struct machine *m)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

	if (m->qemu->child->running)
		g_array_append_val(pids, m->qemu->child->pid);
	return pids;
}

GArray *machine_server_pids(struct machine *m)
{
	struct pod_child *child = server_child(m->server);

	return child->running ? pod_tree(m->pod, child) : g_array_new(FALSE, FALSE, sizeof(pid_t));
}
