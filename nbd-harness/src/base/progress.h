/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Progress of long work, on standard error: a live bar on a terminal, plain
 * lines in a pipe (one when the work begins and ends, and at most one every
 * ten seconds between).  Nothing is drawn while progress_set_quiet(true).
 */
#ifndef NETSWAP_BASE_PROGRESS_H
#define NETSWAP_BASE_PROGRESS_H

#include <glib.h>

struct progress;

void progress_set_quiet(gboolean quiet);

/* Begin a piece of work called @title, e.g. "kernel 6.12 stock". */
struct progress *progress_begin(const char *title);
/*
 * Say how far it is: @fraction in [0, 1], or negative when unknown (a bar
 * without an end); @detail is a short text beside it.  The estimate of the
 * time that is left is derived from fraction and elapsed time.
 */
void progress_update(struct progress *p, double fraction, const char *detail_fmt, ...)
	G_GNUC_PRINTF(3, 4);
/* End it and free @p; @result_fmt is the one line that stays, e.g. "built in 312 s". */
void progress_end(struct progress *p, const char *result_fmt, ...) G_GNUC_PRINTF(2, 3);
/* A plain line among the bars (redraws the live bar below it). */
void progress_note(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

#endif
