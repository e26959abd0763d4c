/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshots made by a test, task by task, for what reads no guest. */
#ifndef NETSWAP_TESTS_FAKE_SNAPSHOT_H
#define NETSWAP_TESTS_FAKE_SNAPSHOT_H

#include "judge/facts.h"

#define FAKE_TASK(i)                                                                               \
	(0xffff888000100000ull + (i)*0x1000) /* address of the task added as the i-th */

#define STACK(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Whole, without tasks; its server acts and answers if @running.  Caller frees. */
struct snapshot *fake_snapshot(gboolean running);

/*
 * Add a task that sleeps in @stack (functions, innermost first, ends with NULL).
 * It is @s's own, and stays where it is until the next is added.
 */
struct task_facts *fake_task(struct snapshot *s, const char *comm, const char *const *stack);

#endif
