/* SPDX-License-Identifier: GPL-2.0-only */
/* The reports for programs; nbd-harness/doc/report-json.md documents both. */
#ifndef NETSWAP_REPORT_JSON_H
#define NETSWAP_REPORT_JSON_H

#include "report/fold.h"
#include "report/input.h"

/* report.json; @f may be NULL.  Caller frees. */
char *json_report(const struct report_input *in, const struct fold *f);

/* waitgraph.json: the whole graph, and the stacks of those who wait.  Caller frees. */
char *json_waitgraph(const struct waitgraph *g, const struct snapshot *s);

#endif
