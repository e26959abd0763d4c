/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of report.html, each in a file of its own. */
#ifndef NETSWAP_REPORT_HTML_PRIVATE_H
#define NETSWAP_REPORT_HTML_PRIVATE_H

#include "report/html.h"

/* html.c */
void html_section(GString *out, const char *id, const char *title);
void html_section_end(GString *out);
/* A named value in a <dl class="facts">; an empty value is left out. */
void html_fact(GString *out, const char *name, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* html_tasks.c */
/* The stacks of the tasks on the hot path, side by side. */
void html_ring(GString *out, const struct waitgraph *g, const struct snapshot *s,
	       const struct fold *f);

/* The section about tasks: a table, the knot's first, idle kernel threads hidden. */
void html_tasks(GString *out, const struct waitgraph *g, const struct snapshot *s,
		const struct fold *f);

/* html_record.c: the sections about events, console, settings, files and how to run it again. */
void html_record(GString *out, const struct report_input *in);

#endif
