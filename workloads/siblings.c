// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a starved host processes take turns: one touches all its pages, pass after
 * pass, and ends before the next one begins; together they never exceed RAM,
 * and nothing is pressed.  So they go from pass to pass together.
 *
 *   pass complete -> told on the board -> all there?  yes: wake the others
 *                                                     no:  sleep until woken
 *   a sibling dies -> PID 1 marks its slot and wakes all (pressure.c)
 *
 * Who waits must not burn CPU time: to the observer that would look like work.
 */
#include <signal.h>

#include "siblings.h"

static struct board_slot *sibling(const struct workload *w, unsigned int i)
{
	return w->progress - w->index + i;
}

static int all_there(const struct workload *w, unsigned int pass)
{
	for (unsigned int i = 0; i < w->count; i++) {
		const struct board_slot *slot = sibling(w, i);

		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == BOARD_SLOT_RUNNING &&
		    __atomic_load_n(&slot->pass, __ATOMIC_ACQUIRE) < pass)
			return 0;
	}
	return 1;
}

void siblings_wait(const struct workload *w, unsigned int pass)
{
	sigset_t wake;
	int received;

	/* Blocked before looking: a wake-up that comes in between stays pending. */
	sigemptyset(&wake);
	sigaddset(&wake, BOARD_WAKE_SIGNAL);
	sigprocmask(SIG_BLOCK, &wake, NULL);
	w->progress->pass = pass;
	/* Of two that arrive at once, at least one must see the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (all_there(w, pass)) {
		for (unsigned int i = 0; i < w->count; i++)
			if (i != w->index && sibling(w, i)->state == BOARD_SLOT_RUNNING)
				kill(sibling(w, i)->pid, BOARD_WAKE_SIGNAL);
		return;
	}
	while (!all_there(w, pass))
		sigwait(&wake, &received);
}
