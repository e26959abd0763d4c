// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "scenario/keys.h"
#include "workload_list.h"

const struct named workload_table[] = {
#define ENTRY(name, companion, help) { #name, help },
	WORKLOAD_LIST(ENTRY)
#undef ENTRY
		{ NULL, NULL },
};

gboolean workload_is_companion(const char *name)
{
#define ANSWER(entry, companion, help)                                                             \
	if (!strcmp(name, #entry))                                                                 \
		return companion;
	WORKLOAD_LIST(ANSWER)
#undef ANSWER
	return FALSE;
}
