/* SPDX-License-Identifier: GPL-2.0-only */
/* The moments of a run that a timeline shows: faults, evidence, snapshots, last progress, verdict.
 */
#ifndef NETSWAP_REPORT_MARKS_H
#define NETSWAP_REPORT_MARKS_H

#include "report/input.h"

#define MARKS_MAX 24

enum mark_kind { MARK_PHASE, MARK_FAULT, MARK_SIGN, MARK_SNAPSHOT, MARK_PROGRESS, MARK_VERDICT };

struct mark {
	enum mark_kind kind;
	double t_s;
	double until_s; /* MARK_FAULT: healed; or the end of the run */
	char *label;
};

/* When the record ends, in host time. */
double marks_end_s(const struct report_input *in);
/* In the order of time; signs (of which there may be hundreds) only as far as MARKS_MAX allows.
 * Array of struct mark; caller unrefs. */
GArray *marks_of(const struct report_input *in);

#endif
