// SPDX-License-Identifier: GPL-2.0-only
#include "machine/fault.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <board.h>

#include "base/error.h"

#define PAGE_BYTES 4096
#define FLIP_AT	   1234 /* somewhere inside the page */

struct fault_actions {
	gboolean (*begin)(struct machine *m, const struct scenario_fault *f, GError **error);
	gboolean (*end)(struct machine *m, const struct scenario_fault *f, GError **error);
	gboolean disturbs;
	const char *kills;
	gboolean (*is_over)(struct machine *m); /* of one that heals itself */
};

static gboolean stop_server(struct machine *m, const struct scenario_fault *f, GError **error)
{
	pod_signal_tree(m->pod, server_child(m->server), SIGSTOP);
	return TRUE;
}

static gboolean continue_server(struct machine *m, const struct scenario_fault *f, GError **error)
{
	pod_signal_tree(m->pod, server_child(m->server), SIGCONT);
	return TRUE;
}

static gboolean kill_server(struct machine *m, const struct scenario_fault *f, GError **error)
{
	pod_signal_tree(m->pod, server_child(m->server), SIGKILL);
	return TRUE;
}

static gboolean reset_server(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return m->peer ? peer_reset_connections(m->peer, m->pod, m->scenario->swap.port, error)
		       : server_reset(m->server, error);
}

static gboolean take_server_down(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return peer_serve(m->peer, m->pod, FALSE, error);
}

static gboolean bring_server_up(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return peer_serve(m->peer, m->pod, TRUE, error);
}

static gboolean reboot_server(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return peer_reboot(m->peer, error);
}

/* It comes up with a link that nobody has shaped. */
static gboolean end_reboot(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_reshape_link(m, error);
}

static gboolean is_rebooted(struct machine *m)
{
	return peer_is_serving(m->peer);
}

static gboolean kill_qemu(struct machine *m, const struct scenario_fault *f, GError **error)
{
	pod_signal(m->pod, m->qemu->child, SIGKILL);
	return TRUE;
}

static gboolean stop_vm(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_pause(m, error);
}

static gboolean resume_vm(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_resume(m, error);
}

/* One bit of every page that was written; the first page has the swap header. */
static gboolean flip_bits(struct machine *m, const struct scenario_fault *f, GError **error)
{
	off_t end = m->scenario->swap.size_bytes;

	for (off_t at = lseek(m->swap_fd, PAGE_BYTES, SEEK_DATA); at >= 0 && at < end;
	     at = lseek(m->swap_fd, at + PAGE_BYTES, SEEK_DATA)) {
		guint8 byte;

		at -= at % PAGE_BYTES;
		if (pread(m->swap_fd, &byte, 1, at + FLIP_AT) != 1)
			break;
		byte ^= 1;
		if (pwrite(m->swap_fd, &byte, 1, at + FLIP_AT) != 1)
			break;
	}
	return TRUE;
}

/* What the server's VM has in its page cache needs no disk, and none of it would be missed. */
static gboolean begin_eio(struct machine *m, const struct scenario_fault *f, GError **error)
{
	if (!m->peer)
		return server_inject_eio(m->server, TRUE, error);
	return peer_drop_caches(m->peer, m->pod, error) &&
	       qemu_disk_fail(m->peer->qemu, "read", EIO, error);
}

static gboolean end_eio(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return m->peer ? qemu_disk_heal(m->peer->qemu, error)
		       : server_inject_eio(m->server, FALSE, error);
}

static gboolean begin_enospc(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_disk_fail(m->peer->qemu, "write", ENOSPC, error);
}

/* Nor would what the server has confirmed and could not write. */
static gboolean end_enospc(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_disk_heal(m->peer->qemu, error) && peer_drop_caches(m->peer, m->pod, error);
}

static gboolean begin_slow(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_disk_limit(m->peer->qemu, f->shape.rate_bytes_per_s, error);
}

static gboolean end_slow(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_disk_limit(m->peer->qemu, 0, error);
}

static gboolean write_in_guest(struct machine *m, const char *file, const char *value)
{
	g_autofree char *line = g_strdup_printf("write %s %s", file, value);

	machine_request(m, line);
	return TRUE;
}

static gboolean guest_write(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return write_in_guest(m, f->file, f->value);
}

static gboolean guest_write_back(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return write_in_guest(m, f->file, f->heal_value);
}

static gboolean swap_off(struct machine *m, const struct scenario_fault *f, GError **error)
{
	machine_request(m, "swapoff");
	return TRUE;
}

static gboolean swap_on_again(struct machine *m, const struct scenario_fault *f, GError **error)
{
	machine_request(m, "swapon-again");
	return TRUE;
}

static gboolean jump(struct machine *m, gint64 seconds)
{
	g_autofree char *line = g_strdup_printf("clock %" G_GINT64_FORMAT, seconds);

	machine_request(m, line);
	return TRUE;
}

static gboolean jump_forward(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return jump(m, f->jump_ms / 1000);
}

static gboolean jump_back(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return jump(m, -(gint64)(f->jump_ms / 1000));
}

static gboolean squeeze(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_balloon(m->qemu, m->scenario->machine.memory_bytes - f->size_bytes, error);
}

static gboolean release(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return qemu_balloon(m->qemu, m->scenario->machine.memory_bytes, error);
}

static gboolean begin_shape(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_shape_link(m, f, TRUE, error);
}

static gboolean end_shape(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_shape_link(m, f, FALSE, error);
}

static gboolean drop_carrier(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_set_carrier(m, FALSE, error);
}

static gboolean raise_carrier(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return machine_set_carrier(m, TRUE, error);
}

static const struct fault_actions actions[FAULT_KINDS] = {
	[FAULT_SERVER_STOP] = { stop_server, continue_server, .disturbs = TRUE },
	[FAULT_SERVER_KILL] = { kill_server, NULL, .disturbs = TRUE, .kills = "server" },
	[FAULT_SERVER_RESET] = { reset_server, NULL },
	[FAULT_SERVER_RESTART] = { take_server_down, bring_server_up, .disturbs = TRUE },
	[FAULT_SERVER_REBOOT] = { reboot_server, end_reboot, .disturbs = TRUE,
				  .is_over = is_rebooted },
	[FAULT_QEMU_KILL] = { kill_qemu, NULL },
	[FAULT_VM_STOP] = { stop_vm, resume_vm, .disturbs = TRUE },
	[FAULT_SWAP_FLIP] = { flip_bits, NULL },
	[FAULT_SWAP_EIO] = { begin_eio, end_eio },
	[FAULT_SWAP_ENOSPC] = { begin_enospc, end_enospc },
	[FAULT_SWAP_SLOW] = { begin_slow, end_slow, .disturbs = TRUE },
	[FAULT_GUEST_WRITE] = { guest_write, guest_write_back },
	[FAULT_SWAPOFF] = { swap_off, swap_on_again },
	[FAULT_CLOCK_JUMP] = { jump_forward, jump_back },
	[FAULT_BALLOON] = { squeeze, release },
	[FAULT_LINK] = { begin_shape, end_shape, .disturbs = TRUE },
	[FAULT_PARTITION] = { begin_shape, end_shape, .disturbs = TRUE },
	[FAULT_CARRIER] = { drop_carrier, raise_carrier, .disturbs = TRUE },
};

gboolean fault_begin(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return actions[f->kind].begin(m, f, error);
}

gboolean fault_end(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return !actions[f->kind].end || actions[f->kind].end(m, f, error);
}

gboolean fault_is_over(struct machine *m, const struct scenario_fault *f)
{
	return actions[f->kind].is_over && actions[f->kind].is_over(m);
}

gboolean fault_disturbs(enum fault_kind kind)
{
	return actions[kind].disturbs;
}

gboolean fault_kills(enum fault_kind kind, const char *name)
{
	return actions[kind].kills && !strcmp(actions[kind].kills, name);
}
