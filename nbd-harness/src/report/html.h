/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_HTML_H
#define NETSWAP_REPORT_HTML_H

#include "report/fold.h"
#include "report/input.h"

/* report.html: one page that needs no other file and no network.  @f and @svg (the picture, of
 * dot_svg()) may be NULL.  Caller frees. */
char *html_report(const struct report_input *in, const struct fold *f, const char *svg);

#endif
