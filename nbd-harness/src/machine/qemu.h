/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU for one VM: q35, RAM in a memfd of the harness (it outlives QEMU), the
 * board as ivshmem-plain, user network inside the pod or a wire to another VM,
 * console to a file, QMP over a socketpair, sandbox on.
 */
#ifndef NETSWAP_MACHINE_QEMU_H
#define NETSWAP_MACHINE_QEMU_H

#include <glib.h>

#include "machine/pod.h"
#include "machine/qmp.h"

/* CPU models; page tables of four levels, which are faster to emulate and simpler to read. */
#define QEMU_CPU_KVM "host,la57=off"
#define QEMU_CPU_TCG "max,la57=off"

/* The run's console.log as QEMU opens it: a descriptor that was lent to it. */
#define QEMU_CONSOLE_FDSET   1
#define QEMU_CONSOLE_FILE    "/dev/fdset/" G_STRINGIFY(QEMU_CONSOLE_FDSET)

#define QEMU_FORWARD_ADDRESS "10.0.2.15/24"

struct board;
struct console;

struct qemu_config {
	const char *kernel_image; /* paths, opened by the harness */
	const char *initrd;
	const char *extra_image; /* read-only virtio-blk disk (fio), or NULL */
	const char *kernel_cmdline;
	const char *accel; /* "kvm" or "tcg", already decided */
	const char *name;  /* of the pod's child: "qemu" */
	const char *nic;   /* of nic_table */
	/* What the NIC is wired to: a datagram socket, an Ethernet frame each, whose other end
	 * another VM has; or -1: QEMU's user network. */
	int wire_fd;
	/* Not 0: this TCP port of the pod's loopback leads to the same port of the guest, through
	 * a second NIC (virtio-net) on a user network, where the guest is QEMU_FORWARD_ADDRESS. */
	guint16 forward_port;
	int disk_fd; /* an image, /dev/vda, read and written; -1: none */
	int pcap_fd; /* headers of what crosses the link go there; -1: nowhere */
	guint64 memory_bytes;
	guint cpus;
	gboolean balloon;     /* a balloon, for qemu_balloon() */
	gboolean interactive; /* console also on the caller's terminal; Ctrl-] ends */
};

struct qemu {
	struct pod_child *child;
	struct qmp *qmp;
	int ram_fd;		 /* memfd of guest RAM, memory_bytes long */
	int board_fd;		 /* memfd of the board, BOARD_BYTES long */
	struct board *board;	 /* the same, mapped, writable */
	struct console *console; /* NULL unless interactive */
	/* Copyable: paths instead of descriptors, shell-quoted, lines continued by "\". */
	char *command;
};

/*
 * Start QEMU paused (-S) in @pod, for qemu_go().  @console_fd: append-only file for the serial
 * console, @log_fd: QEMU's own messages.  Events and the socket's end are
 * reported through the callbacks.
 *
 * QEMU never ends by itself: a guest that powers off, resets or panics leaves it
 * paused (events SHUTDOWN with its reason, GUEST_PANICKED; then STOP), so that
 * memory and registers can still be read.  The caller ends it.
 */
struct qemu *qemu_start(struct pod *pod, const struct qemu_config *config, int console_fd,
			int log_fd, qmp_event_fn on_event, qmp_closed_fn on_closed, gpointer data,
			GError **error);
/* A QMP command whose answer says no more than that it was done; @arguments_json may be NULL. */
gboolean qemu_do(struct qemu *q, const char *command, const char *arguments_json, GError **error);
/* What its disk (qemu_config.disk_fd) does from now on: so many bytes a second at most (0: no
 * limit); all of @what ("read", "write") ends with @error_number; no more errors. */
gboolean qemu_disk_limit(struct qemu *q, guint64 bytes_per_s, GError **error);
gboolean qemu_disk_fail(struct qemu *q, const char *what, int error_number, GError **error);
gboolean qemu_disk_heal(struct qemu *q, GError **error);
/* Let the balloon's driver leave the guest @bytes of its memory; returns at once. */
gboolean qemu_balloon(struct qemu *q, guint64 bytes, GError **error);
/* Ask PID 1 of the guest to carry out one more script line; does not wait.  What
 * board->request_done will be once it has. */
guint64 qemu_request(struct qemu *q, const char *line);
/* Tell PID 1 of the guest, on the board, what to do, and let the VM run. */
gboolean qemu_go(struct qemu *q, const char *script, GError **error);
void qemu_free(struct qemu *q); /* closes descriptors; the pod ends the process */

/*
 * Decide the accelerator: @wanted is "auto", "kvm" or "tcg".  KVM counts only
 * if a probe guest really ran to its end under a deadline.  Returns "kvm" or
 * "tcg"; *reason (caller frees) says why, for the record.  NULL with
 * NETSWAP_ERROR_INFRA when "kvm" was demanded and does not work.
 */
const char *accel_choose(const char *wanted, char **reason, GError **error);

#endif
