/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that check a scenario share.  Only check*.c include this. */
#ifndef NETSWAP_SCENARIO_CHECK_PRIVATE_H
#define NETSWAP_SCENARIO_CHECK_PRIVATE_H

#include "scenario/check.h"

struct check {
	const struct scenario *s;
	const struct document *doc;
	const char *file;
	GError **error;
};

/* "FILE:LINE: LABEL.KEY" + message; returns FALSE. */
gboolean check_fail(const struct check *c, const char *label, const char *key, const char *fmt, ...)
	G_GNUC_PRINTF(4, 5);

/* check_link.c: the link's shape, and the faults that change it. */
gboolean check_link(const struct check *c);

/* check_fault.c: each fault, and those in force at the same time. */
gboolean check_faults(const struct check *c);
gboolean check_overlap(const struct scenario_fault *a, const struct scenario_fault *b);

#endif
