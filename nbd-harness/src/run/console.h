/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's console as evidence: follows the file that QEMU writes and tells
 * which lines mean something.  Pure but for reading the file.
 */
#ifndef NETSWAP_RUN_CONSOLE_H
#define NETSWAP_RUN_CONSOLE_H

#include <glib.h>

#include "judge/facts.h"

struct console_mark {
	const char *name; /* "oops", "io-error", "hung-task", ... */
	gboolean evidence; /* the line alone is evidence for: */
	enum verdict verdict;
};

/* What @line means, or NULL. */
const struct console_mark *console_classify(const char *line);

struct console;
typedef void (*console_fn)(const struct console_mark *mark, const char *line, gpointer data);

struct console *console_new(int fd); /* not owned; must be readable */
/* Read what is new and report marked lines. */
void console_poll(struct console *c, console_fn fn, gpointer data);
void console_free(struct console *c);

#endif
