/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A finished record -> reports, one file per format:
 *
 *	run directory -> report_input (read once, judged again)
 *		-> report.txt	   text.c	for a mail
 *		-> report.json	   json.c	for programs; doc/report-json.md
 *		-> report.html	   html.c	for eyes; one file, no network
 *		-> waitgraph.json, waitgraph.dot, waitgraph.svg	 if there was a snapshot
 */
#ifndef NETSWAP_REPORT_REPORT_H
#define NETSWAP_REPORT_REPORT_H

#include <glib.h>

/* What one would paste into a mail; caller frees. */
char *report_text(const char *dir, GError **error);
/* report.json's text; caller frees. */
char *report_json(const char *dir, GError **error);

/*
 * Write all reports into the run directory.  Each stands alone: one that cannot
 * be made is a warning on standard error, and the others are written all the
 * same.  Errors: the directory is not a finished run.
 */
gboolean report_write(const char *dir, GError **error);

#endif
