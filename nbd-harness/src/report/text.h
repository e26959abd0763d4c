/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_TEXT_H
#define NETSWAP_REPORT_TEXT_H

#include "report/fold.h"
#include "report/input.h"

/* report.txt: printable ASCII and newlines, whatever the guest said.  @f may be NULL; caller frees.
 */
char *text_report(const struct report_input *in, const struct fold *f);

#endif
