// SPDX-License-Identifier: GPL-2.0-only
/*
 * /bin/workload: read the keys, map the board, run one pattern, which waits for
 * the start.  workload.h is the interface.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workload.h"
#include "workload_list.h"

/* clang-format off */
static const struct {
	const char *name;
	int (*run)(struct workload *w);
} workloads[] = {
#define ROW(name, companion, help) { #name, run_##name },
	WORKLOAD_LIST(ROW)
#undef ROW
};
/* clang-format on */

int workload_failed(const struct workload *w, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	fprintf(stderr, "workload %s %u: ", w->name, w->index);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (saved)
		fprintf(stderr, ": %s", strerror(saved));
	fputc('\n', stderr);
	return WORKLOAD_FAILED;
}

static uint64_t number(const char *value)
{
	return strtoull(value, NULL, 10);
}

/* 0, or -1 if there is no such key. */
static int set_key(struct workload *w, const char *key, const char *value)
{
	if (!strcmp(key, "slot"))
		w->slot = (unsigned int)number(value);
	else if (!strcmp(key, "index"))
		w->index = (unsigned int)number(value);
	else if (!strcmp(key, "count"))
		w->count = (unsigned int)number(value);
	else if (!strcmp(key, "after_ms"))
		w->after_ms = number(value);
	else if (!strcmp(key, "total_bytes"))
		w->total_bytes = number(value);
	else if (!strcmp(key, "passes"))
		w->passes = (unsigned int)number(value);
	else if (!strcmp(key, "order"))
		w->random_order = !strcmp(value, "random");
	else if (!strcmp(key, "write_percent"))
		w->write_percent = (unsigned int)number(value);
	else if (!strcmp(key, "seed"))
		w->seed = number(value);
	else if (!strcmp(key, "job"))
		w->job = value;
	else if (!strcmp(key, "jobs"))
		w->jobs = (unsigned int)number(value);
	else if (!strcmp(key, "result"))
		w->result = value;
	else if (!strcmp(key, "sockets"))
		w->sockets = (unsigned int)number(value);
	else if (!strcmp(key, "rcvbuf_bytes"))
		w->rcvbuf_bytes = (unsigned int)number(value);
	else if (!strcmp(key, "datagram_bytes"))
		w->datagram_bytes = (unsigned int)number(value);
	else if (!strcmp(key, "rate"))
		w->rate = (unsigned int)number(value);
	else if (!strcmp(key, "interval_ms"))
		w->interval_ms = number(value);
	else if (!strcmp(key, "peer"))
		w->peer = value;
	else
		return -1;
	return 0;
}

static int parse(struct workload *w, char **words)
{
	for (; *words; words++) {
		char *value = strchr(*words, '=');

		errno = 0;
		if (!value)
			return workload_failed(w, "'%s' is not KEY=VALUE", *words);
		*value++ = '\0';
		if (set_key(w, *words, value))
			return workload_failed(w, "there is no key '%s'", *words);
	}
	if (!w->count || w->slot >= BOARD_SLOTS)
		return workload_failed(w, "count or slot is out of range");
	return WORKLOAD_PASSED;
}

void workload_wait_for_start(const struct workload *w)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	const uint64_t *begun_us = &w->board->phase_time_us[BOARD_PRESSING];
	uint64_t begun;

	/* Started by hand, in a shell: by nobody who says when. */
	if (w->progress->state != BOARD_SLOT_RUNNING)
		return;
	while (!(begun = __atomic_load_n(begun_us, __ATOMIC_ACQUIRE)) ||
	       now_us() < begun + w->after_ms * 1000)
		nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
	struct workload w = { .name = argc > 1 ? argv[1] : "", .count = 1, .passes = 1 };
	size_t i;

	for (i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++)
		if (!strcmp(workloads[i].name, w.name))
			break;
	errno = 0;
	if (i == sizeof(workloads) / sizeof(workloads[0]))
		return workload_failed(&w, "there is no such workload");
	if (parse(&w, argv + 2) != WORKLOAD_PASSED)
		return WORKLOAD_FAILED;
	w.board = board_map();
	if (!w.board)
		return workload_failed(&w, "cannot map the board");
	w.progress = &w.board->slots[w.slot];
	return workloads[i].run(&w);
}
