/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VM of the server boots and what its PID 1 is told (link.kind=pair). */
#ifndef NETSWAP_RUN_PEER_SCRIPT_H
#define NETSWAP_RUN_PEER_SCRIPT_H

#include "build/image.h"
#include "build/kernel.h"
#include "scenario/scenario.h"

/* What its image holds, whatever the transport. */
extern const struct image_parts peer_image;

/* Debian's prebuilt one, whatever the guest runs: what it serves with is what people have. */
struct kernel_request peer_kernel(void);

/* Text for its board.script, of verbs as in vm-images/verbs.c; caller frees. */
char *peer_script_write(const struct scenario *s);
/* The command line of its kernel, for a machine that @accel runs; caller frees. */
char *peer_cmdline(const struct scenario *s, const struct kernel *kernel, const char *accel);

#endif
