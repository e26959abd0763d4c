/* SPDX-License-Identifier: GPL-2.0-only */
/* What a snapshot holds besides tasks, as tables: memory, requests, sockets, NAPI, work. */
#ifndef NETSWAP_REPORT_STATE_H
#define NETSWAP_REPORT_STATE_H

#include "judge/facts.h"
#include "report/table.h"

/* Tables (struct table *) of what was read; what this kernel did not tell is left out.  Caller
 * unrefs. */
GPtrArray *state_tables(const struct snapshot *s);

#endif
