// SPDX-License-Identifier: GPL-2.0-only
#include "judge/facts.h"

static const char *const names[VERDICTS] = {
	[VERDICT_INFRA] = "INFRA",
	[VERDICT_CRASH] = "CRASH",
	[VERDICT_CORRUPT] = "CORRUPT",
	[VERDICT_DEADLOCK] = "DEADLOCK",
	[VERDICT_LIVELOCK] = "LIVELOCK",
	[VERDICT_IO_ERROR] = "IO_ERROR",
	[VERDICT_OOM] = "OOM",
	[VERDICT_STARVED] = "STARVED",
	[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
	[VERDICT_PASS] = "PASS",
};

const char *verdict_name(enum verdict v)
{
	return names[v];
}

gboolean verdict_parse(const char *name, enum verdict *v)
{
	for (int i = 0; i < VERDICTS; i++) {
		if (!g_ascii_strcasecmp(name, names[i])) {
			*v = i;
			return TRUE;
		}
	}
	return FALSE;
}
