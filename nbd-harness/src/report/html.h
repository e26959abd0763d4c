/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_HTML_H
#define NETSWAP_REPORT_HTML_H

#include "report/fold.h"
#include "report/input.h"

/* report.html: one page that needs no other file and no network.  @f and @svg (the picture, of
 * dot_svg()) may be NULL.  Caller frees. */
char *html_report(const struct report_input *in, const struct fold *f, const char *svg);

/* The stacks of the tasks on the hot path, side by side. */
void html_ring(GString *out, const struct waitgraph *g, const struct snapshot *s,
	       const struct fold *f);

/* The section about tasks: a table, the knot's first, idle kernel threads hidden. */
void html_tasks(GString *out, const struct waitgraph *g, const struct snapshot *s,
		const struct fold *f);

#endif
