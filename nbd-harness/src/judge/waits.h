/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a task waits for, told from its stack.  One table of kernel functions
 * (waits.c) makes the decision; the innermost frame that is in it wins.
 */
#ifndef NETSWAP_JUDGE_WAITS_H
#define NETSWAP_JUDGE_WAITS_H

#include "judge/facts.h"

struct wait_facts {
	enum wait_kind kind;
	gboolean timed;		   /* wakes by itself now and then, to look again */
	gboolean in_reclaim;	   /* page reclaim is on its stack */
	gboolean in_swap_io;	   /* so is the submission of I/O */
	gboolean in_swap_in;	   /* of a read: it ends no writeback */
	const char *function;	   /* the frame that decided, interned; NULL for none */
	const char *caller;	   /* who called that: the code that chose to wait; or NULL */
	const char *entry;	   /* what the thread is there for: its work function, thread
				    * function, or "user"; interned */
	const char *napi_disabler; /* a function that runs with NAPI disabled, or NULL */
	const char *reconnector;   /* a function, or a process, that brings a lost connection
				    * back; or NULL */
};

struct wait_facts wait_of(const struct task_facts *t);

/* What its stack alone says, whether or not the object was found: what to look for. */
enum wait_kind wait_kind_by_stack(const struct task_facts *t);

/* @function without the compiler's suffix (".isra.0", ".part.0", ".cold"); interned. */
const char *function_base_name(const char *function);

#endif
