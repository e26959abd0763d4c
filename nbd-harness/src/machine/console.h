/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's serial console on the caller's terminal (netswap shell). */
#ifndef NETSWAP_MACHINE_CONSOLE_H
#define NETSWAP_MACHINE_CONSOLE_H

#include <glib.h>

struct console;

/*
 * Relay between the terminal (standard input and output, put into raw mode)
 * and the guest's end @fd, which is taken over.  Works from the GLib main
 * context.  Ctrl-] acts as Ctrl-C does elsewhere: it raises SIGINT here.
 */
struct console *console_new(int fd);
void console_free(struct console *c); /* restores the terminal; NULL is fine */

#endif
