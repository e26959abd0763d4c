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
	return server_reset(m->server, error);
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

static gboolean begin_eio(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return server_inject_eio(m->server, TRUE, error);
}

static gboolean end_eio(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return server_inject_eio(m->server, FALSE, error);
}

static gboolean guest_write(struct machine *m, const struct scenario_fault *f, GError **error)
{
	g_autofree char *line = g_strdup_printf("write %s %s", f->file, f->value);

	machine_request(m, line);
	return TRUE;
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
	[FAULT_SERVER_STOP] = { stop_server, continue_server, TRUE, NULL },
	[FAULT_SERVER_KILL] = { kill_server, NULL, TRUE, "server" },
	[FAULT_SERVER_RESET] = { reset_server, NULL, FALSE, NULL },
	[FAULT_QEMU_KILL] = { kill_qemu, NULL, FALSE, NULL },
	[FAULT_VM_STOP] = { stop_vm, resume_vm, TRUE, NULL },
	[FAULT_SWAP_FLIP] = { flip_bits, NULL, FALSE, NULL },
	[FAULT_SWAP_EIO] = { begin_eio, end_eio, FALSE, NULL },
	[FAULT_GUEST_WRITE] = { guest_write, NULL, FALSE, NULL },
	[FAULT_LINK] = { begin_shape, end_shape, TRUE, NULL },
	[FAULT_PARTITION] = { begin_shape, end_shape, TRUE, NULL },
	[FAULT_CARRIER] = { drop_carrier, raise_carrier, TRUE, NULL },
};

gboolean fault_begin(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return actions[f->kind].begin(m, f, error);
}

gboolean fault_end(struct machine *m, const struct scenario_fault *f, GError **error)
{
	return !actions[f->kind].end || actions[f->kind].end(m, f, error);
}

gboolean fault_disturbs(enum fault_kind kind)
{
	return actions[kind].disturbs;
}

gboolean fault_kills(enum fault_kind kind, const char *name)
{
	return actions[kind].kills && !strcmp(actions[kind].kills, name);
}
