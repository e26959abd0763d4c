/* SPDX-License-Identifier: GPL-2.0-only */
/* What PID 1 of the guest is told: scenario -> lines of the board's script, kernel and its
 * command line. */
#ifndef NETSWAP_RUN_SCRIPT_H
#define NETSWAP_RUN_SCRIPT_H

#include "build/image.h"
#include "build/kernel.h"
#include "scenario/scenario.h"

/* What the guest's image holds, whatever the transport. */
extern const struct image_parts script_image;
/* What it holds for a fault of kind balloon, or nothing. */
const struct image_parts *script_balloon_image(const struct scenario *s);

/*
 * Text for board.script; verbs as in vm-images/verbs.c.  Caller frees.
 * @with_shell: make script_shell possible later, when there may be no memory
 * left to mount its disk.  Errors: NETSWAP_ERROR_USAGE when it does not fit on
 * the board.
 */
char *script_write(const struct scenario *s, const struct kernel *kernel, guint64 seed,
		   gboolean with_shell, GError **error);

/* The line that gives a shell on the console, any time after @with_shell. */
extern const char *const script_shell;

/* The same machine with its swap on, but a shell on the console instead of pressure. */
char *script_write_shell(const struct scenario *s);

/* What the command line of any VM begins with, for a machine that @accel runs; caller frees. */
char *script_base_cmdline(const struct kernel *kernel, const char *accel);
/* The guest's, all of it; caller frees. */
char *script_cmdline(const struct scenario *s, const struct kernel *kernel, const char *accel);

/* The kernel that the scenario asks for; points into @s. */
struct kernel_request script_kernel(const struct scenario *s);

/* Does the scenario need the read-only disk with fio? */
gboolean script_needs_fio(const struct scenario *s);

#endif
