// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs start and press, and the slots of pressure processes.
 *
 *   start: fork + exec at once, while memory is plenty; slot RUNNING
 *     -> the process maps the board and waits for phase PRESSING (workload.h)
 *   press: phase PRESSING
 *     -> it works, then ends -> reaped here: PASSED, CORRUPT, FAILED or KILLED
 *     -> the last one but companions: phase DONE
 *
 * A companion (workload_list.h) has no end of its own.  It is left to run: it may be
 * stuck where no signal reaches it, and the machine ends after DONE.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"
#include "workload_exit.h"
#include "workload_list.h"

#define WORKLOAD_PROGRAM "/bin/workload"
#define KEYS_MAX	 32

static unsigned int slots_running; /* companions do not count */

static uint32_t is_companion(const char *workload)
{
#define ROW(name, companion, help)                                                                 \
	if (!strcmp(workload, #name))                                                              \
		return companion;
	WORKLOAD_LIST(ROW)
#undef ROW
	return 0;
}

static void __attribute__((noreturn)) exec_workload(char **argv)
{
	(void)write_file("/proc/self/oom_score_adj", "0");
	execv(WORKLOAD_PROGRAM, argv);
	fprintf(stderr, "init: cannot execute " WORKLOAD_PROGRAM ": %s\n", strerror(errno));
	_exit(WORKLOAD_FAILED);
}

int pressure_fork(const char *name, uint32_t companion, struct board_slot **at)
{
	unsigned int index = board->slots_used;
	struct board_slot *slot = *at = &board->slots[index];
	pid_t pid;

	if (index == BOARD_SLOTS)
		return fail("the board has only %u slots", BOARD_SLOTS);
	snprintf(slot->workload, sizeof(slot->workload), "%s", name);
	slot->companion = companion;
	slot->state = BOARD_SLOT_RUNNING;
	pid = fork();
	if (pid < 0)
		return fail("cannot fork for %s", name);
	if (!pid)
		return 0;
	slot->pid = pid;
	board->slots_used = index + 1;
	slots_running += !companion;
	return pid;
}

static int start_one(const char *workload, char **argv)
{
	struct board_slot *slot;
	pid_t pid = pressure_fork(workload, is_companion(workload), &slot);

	if (!pid)
		exec_workload(argv);
	return pid < 0 ? -1 : 0;
}

int verb_start(char *args)
{
	unsigned int count = (unsigned int)strtoul(next_word(&args), NULL, 10);
	char *after_ms = next_word(&args);
	char *workload = next_word(&args);
	char slot_key[24], index_key[24], count_key[24], after_key[40];
	char *argv[KEYS_MAX + 8] = {
		"workload", workload, slot_key, index_key, count_key, after_key
	};
	int n = 6;

	if (!count || !*workload)
		return fail("start needs COUNT AFTER_MS WORKLOAD");
	snprintf(count_key, sizeof(count_key), "count=%u", count);
	snprintf(after_key, sizeof(after_key), "after_ms=%.20s", after_ms);
	while (n < KEYS_MAX + 6 && *(argv[n] = next_word(&args)))
		n++;
	argv[n] = NULL;
	for (unsigned int i = 0; i < count; i++) {
		snprintf(slot_key, sizeof(slot_key), "slot=%u", board->slots_used);
		snprintf(index_key, sizeof(index_key), "index=%u", i);
		if (start_one(workload, argv) < 0)
			return -1;
	}
	return 0;
}

int verb_press(char *args)
{
	if (!slots_running)
		return fail("there is no pressure process running that will end");
	set_phase(BOARD_PRESSING);
	return 0;
}

static struct board_slot *slot_of(int pid)
{
	for (unsigned int i = 0; i < board->slots_used; i++)
		if (board->slots[i].pid == pid && board->slots[i].state == BOARD_SLOT_RUNNING)
			return &board->slots[i];
	return NULL;
}

/* Those who wait for the one that ended look again; to others the signal means nothing. */
static void wake_waiting(void)
{
	for (unsigned int i = 0; i < board->slots_used; i++)
		if (board->slots[i].state == BOARD_SLOT_RUNNING)
			kill(board->slots[i].pid, BOARD_WAKE_SIGNAL);
}

void pressure_reaped(int pid, int status)
{
	struct board_slot *slot = slot_of(pid);
	uint32_t state = BOARD_SLOT_FAILED;

	if (!slot)
		return; /* a daemon's or a shell's child */
	slot->detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (slot->pages_corrupt || (WIFEXITED(status) && slot->detail == WORKLOAD_CORRUPT))
		state = BOARD_SLOT_CORRUPT;
	else if (WIFSIGNALED(status))
		state = BOARD_SLOT_KILLED;
	else if (!slot->detail)
		state = BOARD_SLOT_PASSED;
	__atomic_store_n(&slot->state, state, __ATOMIC_RELEASE);
	wake_waiting();
	if (!slot->companion && !--slots_running && board->phase == BOARD_PRESSING)
		set_phase(BOARD_DONE);
}
