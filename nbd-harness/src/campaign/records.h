/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record store of a campaign: a file with one JSON object per run and line,
 * appended as soon as a run has its verdict.  So a campaign may be ended at any
 * moment and goes on where it was; the file may be committed, and tables are
 * made of it.
 *
 * A record counts for a cell if it has the cell's name and its inputs: what the
 * scenario said, with all settings, and the kernel.  Records of other inputs
 * are of an older question; they stay in the file and are passed over.
 */
#ifndef NETSWAP_CAMPAIGN_RECORDS_H
#define NETSWAP_CAMPAIGN_RECORDS_H

#include "campaign/plan.h"
#include "run/run.h"

struct record_line {
	char *cell, *inputs;
	enum verdict verdict;
	gint64 seed;
	double duration_s;			/* from QEMU's start to the decision */
	double pressed_s, stall_s, recovered_s; /* of struct traffic; -1: not known, or never */
	gint64 out_pages, in_pages;
	char *signature;
};

/* The store's records, in file order; of struct record_line; empty if there is no such file.
 * Lines that are none (one was cut off) are named on standard error and passed over. */
GPtrArray *records_read(const char *file, GError **error);
/* Append the record of a run; @condition: what else went on on the host. */
gboolean records_append(const char *file, const struct cell *cell, const char *inputs,
			const char *condition, const struct run_result *result, GError **error);
/* What a cell's records must have been made with; @kernel_key: struct kernel's.  Caller frees. */
char *records_inputs(const struct cell *cell, const char *kernel_key);

#endif
