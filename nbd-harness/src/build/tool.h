/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run a host program (apt-get, make, mksquashfs, ...) to its end.
 *
 * The program and all it starts die with us: it leads its own process group
 * and gets SIGTERM when we die, however we die; SIGINT or SIGTERM to us end
 * the group and give NETSWAP_ERROR_INTERRUPTED.  (A shell script that starts
 * long work must run it in the background and wait, with "kill 0" in its TERM
 * trap: see scripts/kernel-build.)
 */
#ifndef NETSWAP_BUILD_TOOL_H
#define NETSWAP_BUILD_TOOL_H

#include <glib.h>

/* Called for each line of the program's standard output, without the newline. */
typedef void (*tool_line_fn)(const char *line, gpointer data);

/*
 * @argv: NULL-terminated, argv[0] looked up in PATH.  @cwd may be NULL.
 * Standard error is appended to @log_path, or when NULL is kept and its last
 * line is the error's sentence.  @on_line may be NULL: output goes to the log.
 * FALSE with NETSWAP_ERROR_INFRA when it cannot start or does not exit with 0.
 */
gboolean tool_run(const char *const argv[], const char *cwd, const char *log_path,
		  tool_line_fn on_line, gpointer data, GError **error);

#endif
