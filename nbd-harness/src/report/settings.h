/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run's scenario sets that is not the default. */
#ifndef NETSWAP_REPORT_SETTINGS_H
#define NETSWAP_REPORT_SETTINGS_H

#include "report/input.h"

struct setting {
	char *name;	      /* "machine.sysctl.vm.min_free_kbytes", "pressure main.processes" */
	char *value;	      /* as written; "" for none */
	const char *fallback; /* the default, or NULL where there is none */
};

/* In file order, "expect" left out; empty when scenario.scn cannot be read.  Array of struct
 * setting; caller unrefs. */
GArray *settings_of(const struct report_input *in);

/* "kernel.series=fix (default: none)"; caller frees. */
char *setting_text(const struct setting *s);

#endif
