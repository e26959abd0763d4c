/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Knobs: the protections that a kernel with the series "ablate" can be booted
 * without.  Its patches are the one list: each adds a row to the table of the
 * kernel's mm/netswap_ablate.c, and those rows are read here.
 */
#ifndef NETSWAP_SCENARIO_KNOBS_H
#define NETSWAP_SCENARIO_KNOBS_H

#include <glib.h>

#define KNOBS_SERIES "ablate"

struct knob {
	char *name;	  /* "task" */
	char *help;	  /* what holds as long as nobody takes it away */
	char *patch;	  /* the file that adds it, absolute */
	gboolean at_boot; /* debugfs refuses it */
};

/*
 * The knobs of kernel-patches/@version, in the order of the series; of struct
 * knob, owned by the caller; empty for a version without that series.
 * Errors: NETSWAP_ERROR_INFRA, a file of the series that cannot be read.
 */
GPtrArray *knobs_read(const char *version, GError **error);

#endif
