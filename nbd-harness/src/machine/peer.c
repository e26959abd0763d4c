// SPDX-License-Identifier: GPL-2.0-only
#include "machine/peer.h"

#include <board.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "machine/shape.h"

#define PEER_MEMORY_BYTES (512u << 20)
#define PEER_CPUS	  1 /* it serves; the CPUs are the guest's */
#define LOOK_MS		  5
/* What the wire holds before a sender waits, as a switch's port would. */
#define WIRE_BYTES (1 << 20)

static void ignore_event(const char *event, JsonObject *object, gpointer data)
{
}

static void ignore_end(gpointer data)
{
}

static gboolean make_wire(int fds[2], GError **error)
{
	int bytes = WIRE_BYTES;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot make a wire between two VMs: %s", g_strerror(errno));
		return FALSE;
	}
	for (int i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return TRUE;
}

/* Why it has not done @what. */
static gboolean fail(const struct peer *p, const char *what, guint deadline_ms, GError **error)
{
	g_autofree char *said = g_strndup(p->qemu->board->error, sizeof(p->qemu->board->error));

	if (!p->qemu->child->running) {
		g_autofree char *how = text_wait_status(p->qemu->child->wait_status);

		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "the server's VM %s before it %s", how, what);
	} else if (p->qemu->board->phase == BOARD_FAILED) {
		g_autofree char *text = g_utf8_make_valid(said, -1);

		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "the server's VM: %s", text);
	} else {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			"the server's VM has not, in %u s, come so far that it %s: see peer.log",
			deadline_ms / 1000, what);
	}
	return FALSE;
}

typedef gboolean (*is_done_fn)(const struct board *board, guint64 data);

static gboolean is_serving(const struct board *board, guint64 data)
{
	return __atomic_load_n(&board->phase, __ATOMIC_ACQUIRE) == BOARD_SERVING;
}

static gboolean is_carried_out(const struct board *board, guint64 seq)
{
	return board->phase != BOARD_FAILED &&
	       __atomic_load_n(&board->request_done, __ATOMIC_ACQUIRE) == seq;
}

/* Until it has done @what, it failed, or its VM is gone. */
static gboolean wait_until(const struct peer *p, struct pod *pod, is_done_fn is_done, guint64 data,
			   const char *what, guint deadline_ms, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + deadline_ms * G_TIME_SPAN_MILLISECOND;

	while (g_get_monotonic_time() < until_us) {
		if (is_done(p->qemu->board, data))
			return TRUE;
		if (p->qemu->board->phase == BOARD_FAILED || pod_wait(pod, p->qemu->child, LOOK_MS))
			break;
	}
	return fail(p, what, deadline_ms, error);
}

struct peer *peer_start(struct pod *pod, const struct peer_config *config, const char *accel,
			int disk_fd, guint16 port, int log_fd, guint deadline_ms, GError **error)
{
	struct qemu_config qemu = {
		.name = "server VM",
		.kernel_image = config->kernel_image,
		.initrd = config->initrd,
		.kernel_cmdline = config->cmdline,
		.accel = accel,
		.nic = "virtio-net",
		.forward_port = port,
		.disk_fd = disk_fd,
		.pcap_fd = -1,
		.memory_bytes = PEER_MEMORY_BYTES,
		.cpus = PEER_CPUS,
	};
	struct peer *p = g_new0(struct peer, 1);
	int wire[2] = { -1, -1 };

	p->wire_fd = -1;
	p->stop = config->stop;
	p->start = config->start;
	if (make_wire(wire, error)) {
		p->wire_fd = wire[0];
		qemu.wire_fd = wire[1];
		p->qemu = qemu_start(pod, &qemu, config->console_fd, log_fd, ignore_event,
				     ignore_end, NULL, error);
		close(wire[1]);
	}
	if (p->qemu && qemu_go(p->qemu, config->script, error) &&
	    wait_until(p, pod, is_serving, 0, "was ready", deadline_ms, error))
		return p;
	peer_free(p);
	return NULL;
}

gboolean peer_do(struct peer *p, struct pod *pod, const char *line, GError **error)
{
	g_autofree char *what = g_strdup_printf("did \"%s\"", line);
	guint64 seq = qemu_request(p->qemu, line);

	return wait_until(p, pod, is_carried_out, seq, what, PEER_REQUEST_MS, error);
}

static gboolean shape(struct peer *p, struct pod *pod, const char *device,
		      const struct scenario_shape *s, GError **error)
{
	g_autofree char *netem = shape_netem(s);
	g_autofree char *line =
		g_strdup_printf("run tc qdisc replace dev %s root netem %s", device, netem);

	return peer_do(p, pod, line, error);
}

gboolean peer_shape(struct peer *p, struct pod *pod, const struct scenario_shape *out,
		    const struct scenario_shape *in, GError **error)
{
	return shape(p, pod, PEER_INGRESS, out, error) && shape(p, pod, PEER_WIRE, in, error);
}

gboolean peer_reset_connections(struct peer *p, struct pod *pod, guint16 port, GError **error)
{
	g_autofree char *line = g_strdup_printf("run ss --kill --tcp sport = :%u", port);

	return peer_do(p, pod, line, error);
}

gboolean peer_drop_caches(struct peer *p, struct pod *pod, GError **error)
{
	return peer_do(p, pod, "sysctl vm.drop_caches 1", error);
}

gboolean peer_serve(struct peer *p, struct pod *pod, gboolean on, GError **error)
{
	for (const char *const *line = on ? p->start : p->stop; *line; line++) {
		if (!peer_do(p, pod, *line, error))
			return FALSE;
	}
	return TRUE;
}

gboolean peer_reboot(struct peer *p, GError **error)
{
	p->qemu->board->phase = BOARD_BOOTING;
	/* QEMU was told to stay, paused, when a VM resets; this one may from now on. */
	return qemu_do(p->qemu, "set-action", "{\"reboot\":\"reset\"}", error) &&
	       qemu_do(p->qemu, "system_reset", NULL, error);
}

gboolean peer_is_serving(const struct peer *p)
{
	return is_serving(p->qemu->board, 0);
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	qemu_free(p->qemu);
	if (p->wire_fd >= 0)
		close(p->wire_fd);
	g_free(p);
}
