/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plain facts that the judge decides from: what was read from a guest, the
 * server and the host, with units on every field and no pointer into a guest.
 * No I/O, no VM: a recorded run replays through the same structs.
 */
#ifndef NETSWAP_JUDGE_FACTS_H
#define NETSWAP_JUDGE_FACTS_H

#include <glib.h>

/* In order of precedence: when several hold, the first one is the verdict. */
enum verdict {
	VERDICT_INFRA,
	VERDICT_CRASH,
	VERDICT_CORRUPT,
	VERDICT_DEADLOCK,
	VERDICT_LIVELOCK,
	VERDICT_IO_ERROR,
	VERDICT_OOM,
	VERDICT_STARVED,
	VERDICT_INCONCLUSIVE,
	VERDICT_PASS,
	VERDICTS,
};

const char *verdict_name(enum verdict v); /* "DEADLOCK" */
gboolean verdict_parse(const char *name, enum verdict *v);

#endif
