/* SPDX-License-Identifier: GPL-2.0-only */
/* A person at a machine: how they get in, and a shell on its console for them. */
#ifndef NETSWAP_RUN_SHELL_H
#define NETSWAP_RUN_SHELL_H

#include "machine/machine.h"

/* Open QEMU's gdb server and say how to attach; also why that cannot be done. */
void shell_offer_gdb(struct machine *m, const char *vmlinux);

/*
 * Ask PID 1 of the guest for a shell on its console; needs the disk with
 * busybox.  FALSE: PID 1 does not answer (it waits for memory, too).  Runs the main context.
 */
gboolean shell_request(struct machine *m);

/* Say something on a terminal that may be in raw mode. */
void shell_say(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

#endif
