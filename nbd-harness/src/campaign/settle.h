/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When has a cell run often enough?  Pure: counts in, answer out.
 *
 * A question is a bound on how many of N runs fail.  It is settled as soon as
 * the runs that are left cannot change its answer: "at least 4 of 5" after the
 * fourth failure or the second success.  What is reported are the runs there
 * are: curtailing decides when to stop, it is no licence to extrapolate.
 *
 * A run that gave no judgement of the kernel (INFRA, INCONCLUSIVE) is neither
 * success nor failure; it is run again, at most N times in all.
 */
#ifndef NETSWAP_CAMPAIGN_SETTLE_H
#define NETSWAP_CAMPAIGN_SETTLE_H

#include "judge/facts.h"

enum question_kind {
	QUESTION_AT_LEAST, /* do at least K of N runs fail? */
	QUESTION_NONE,	   /* does none of N? */
	QUESTION_COUNT,	   /* how many of N? */
};

struct question {
	enum question_kind kind;
	guint k; /* QUESTION_AT_LEAST: 1..n */
	guint n; /* 1.. */
};

enum answer {
	ANSWER_OPEN, /* more runs are needed */
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_COUNTED, /* QUESTION_COUNT: all runs are there */
	ANSWER_NONE,	/* too many runs without a judgement */
};

struct counts {
	guint failed, passed, undecided;
};

/* Put one run's verdict into @counts. */
void settle_count(struct counts *counts, enum verdict verdict);
enum answer settle(const struct question *question, const struct counts *counts);

#endif
