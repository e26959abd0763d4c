/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_TIMELINE_H
#define NETSWAP_REPORT_TIMELINE_H

#include "report/marks.h"

/*
 * The timeline as inline SVG for the page: panels over one axis of time, with
 * @marks (struct mark), numbered from 1, and the samples that the pointer
 * reads (a JSON block, see report.js).  Styled by style.css.
 */
void timeline_add(GString *html, const struct report_input *in, const GArray *marks);

#endif
