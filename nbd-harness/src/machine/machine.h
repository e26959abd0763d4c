/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine of one run: a pod with a swap server (in a VM of its own, if so
 * wanted) and a VM in it, and what can be done to them.
 *
 *	machine_start(): room checks -> pod -> swap image -> [peer ->] server -> QEMU, paused
 *	machine_go():	 the script goes onto the board, the VM runs
 *	machine_free():	 everything ends; guest RAM and board are gone with it
 */
#ifndef NETSWAP_MACHINE_MACHINE_H
#define NETSWAP_MACHINE_MACHINE_H

#include <glib.h>

#include "base/scope.h"
#include "machine/peer.h"
#include "machine/pod.h"
#include "machine/qemu.h"
#include "machine/server.h"
#include "scenario/scenario.h"

struct board;

struct machine_config {
	const char *kernel_image;
	const char *initrd;
	const char *extra_image; /* or NULL */
	const char *cmdline;
	const char *accel;	 /* decided */
	struct peer_config peer; /* for link.kind=pair */
	int console_fd, qemu_log_fd, server_log_fd;
	int pcap_fd; /* -1: the link is not recorded */
	gboolean interactive;
};

struct machine_events {
	void (*child_ended)(const char *name, int wait_status, gpointer data);
	void (*qmp_event)(const char *event, gpointer data);
	gpointer data;
};

struct machine {
	const struct scenario *scenario; /* not owned */
	struct machine_events events;
	struct pod *pod;
	struct peer *peer; /* in which the server runs; NULL: it runs in the pod */
	struct server *server;
	struct qemu *qemu;
	struct board *board;  /* the guest's: qemu->board */
	gint64 qemu_start_us; /* monotonic, just before QEMU was started */
	GPtrArray *shaping;   /* of const struct scenario_fault: those of the link in force */
	GQueue *requests;     /* of char *: lines for PID 1 of the guest, not sent yet */
	int swap_fd;	      /* memfd of the swap image */
	gboolean vm_running;  /* by QMP's STOP and RESUME */
};

struct machine *machine_start(const struct scenario *s, const struct machine_config *config,
			      const struct machine_events *events, GError **error);
gboolean machine_go(struct machine *m, const char *script, GError **error);
void machine_free(struct machine *m); /* NULL is fine */
DEFINE_SCOPED(machine, machine_free)

/* QMP stop and cont. */
gboolean machine_pause(struct machine *m, GError **error);
gboolean machine_resume(struct machine *m, GError **error);
/*
 * For how long the pause was that machine_resume() has just ended, as QEMU tells
 * it: from when all vCPUs stood still until just before they went on.  -1: it
 * does not tell.  What both calls take is longer, by the time that QEMU and we
 * wait for a CPU to ask and to answer.
 */
gint64 machine_paused_us(const struct machine *m);

/* Ask PID 1 of the guest to carry out one more script line, once it has done those before; does
 * not wait. */
void machine_request(struct machine *m, const char *line);
/* Send the next line that waits, if PID 1 has done the last: to be called now and then. */
void machine_send_requests(struct machine *m);
/* It has carried out all of them. */
gboolean machine_has_answered(const struct machine *m);

/* Shape the link with @fault (kind link or partition) in force, or no longer. */
gboolean machine_shape_link(struct machine *m, const struct scenario_fault *fault, gboolean on,
			    GError **error);
/* The same as it is, after whoever shapes it began anew. */
gboolean machine_reshape_link(struct machine *m, GError **error);
/* The carrier of the guest's NIC. */
gboolean machine_set_carrier(struct machine *m, gboolean on, GError **error);

/* Processes, as GArray of pid_t; caller frees. */
GArray *machine_qemu_pids(struct machine *m);
GArray *machine_server_pids(struct machine *m);

#endif
