/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of text that report.txt and `netswap inspect` share: waits, stacks, state. */
#ifndef NETSWAP_REPORT_TEXT_PARTS_H
#define NETSWAP_REPORT_TEXT_PARTS_H

#include "report/fold.h"

void text_heading(GString *out, const char *title);

enum waits {
	WAITS_HOT,   /* the knot's hot path */
	WAITS_STUCK, /* of everybody else who is stuck */
	WAITS_FREE,  /* of those who can still move */
};

/* Who waits for what, with the evidence; nothing without a graph (@f NULL). */
void text_waits(GString *out, const struct fold *f, enum waits which);

/* One task, the first line of its part, and its stack below it. */
void text_task(GString *out, const struct task_facts *t, const struct wait_node *node);
void text_stack(GString *out, const struct task_facts *t);
/* Stacks of all tasks, or of those that are not idle; equal ones are told once. */
void text_stacks(GString *out, const struct waitgraph *g, const struct snapshot *s,
		 gboolean idle_too);

/* Memory, devices and workers, as tables. */
void text_state(GString *out, const struct snapshot *s);

/* The guest's words are in @out, which this takes: nothing may move a terminal's cursor. */
char *text_printable(GString *out);

#endif
