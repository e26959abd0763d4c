// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/keys.h"
#include "workload_list.h"

const struct named workload_table[] = {
#define ENTRY(name, help) { #name, help },
	WORKLOAD_LIST(ENTRY)
#undef ENTRY
		{ NULL, NULL },
};
