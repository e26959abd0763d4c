/* SPDX-License-Identifier: GPL-2.0-only */
/* What `netswap inspect` shows: knot, waits, stacks and state, as text or JSON. */
#ifndef NETSWAP_REPORT_INSPECTION_H
#define NETSWAP_REPORT_INSPECTION_H

#include "run/inspect.h"

/* Both to be freed by the caller.  @all: stacks of idle and running tasks as well. */
char *inspection_text(const struct inspection *i, gboolean all);
char *inspection_json(const struct inspection *i);

/* One task, with its stack: NULL with NETSWAP_ERROR_USAGE when there is no @pid. */
char *inspection_task_text(const struct inspection *i, gint32 pid, GError **error);
char *inspection_task_json(const struct inspection *i, gint32 pid, GError **error);

#endif
