/* SPDX-License-Identifier: GPL-2.0-only */
/* People's ways into a guest that runs already: a debugger, and its console. */
#ifndef NETSWAP_MACHINE_ATTACH_H
#define NETSWAP_MACHINE_ATTACH_H

#include "machine/pod.h"
#include "machine/qemu.h"

/*
 * Let gdb in: a socket in the pod, which only its user and root can reach.
 * Returns what follows gdb's "target remote", caller frees; NULL with an error.
 * A debugger that connects stops the guest.
 */
char *attach_gdb(struct qemu *q, struct pod *pod, GError **error);

/*
 * From now on the guest's console is the caller's terminal as well
 * (machine/console.h), until qemu_free().
 */
gboolean attach_console(struct qemu *q, struct pod *pod, GError **error);

#endif
