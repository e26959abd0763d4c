/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure patterns.  One static program, /bin/workload, holds all of them:
 *
 *	workload NAME KEY=VALUE...
 *
 * PID 1's "start" line gives slot, index, count and after_ms itself; the rest
 * of the keys come from that line, thus from the scenario:
 *
 *	total_bytes    of all processes together; each takes an equal share
 *	passes         the first fills, the last only verifies, those between
 *	               verify and rewrite
 *	order          sequential or random (every page once a pass either way)
 *	write_percent  0..100, pages rewritten on passes between first and last
 *	seed           of the pattern, the random order and the choice of rewrites
 *	job            fio only: path of the job file in the guest
 *	jobs           fio only: how many (then start it with COUNT 1)
 *	result         fio only: name of the blob for its JSON, e.g. result/fio
 *	sockets        flood: of all processes together
 *	rcvbuf_bytes   flood: of each socket, as the kernel counts them
 *	datagram_bytes flood: of each datagram, without headers
 *	rate           flood: datagrams a second, of all processes together
 *	interval_ms    churn, neigh: pause between two rounds
 *	peer           flood, neigh: address of the other end of the link
 *
 * A process tells its progress by plain stores to its slot of the board, which
 * is device memory: that needs no system call and no allocation, and what it
 * last wrote stays readable when it is wedged.  Its own pages are as swappable
 * as those of any program.
 */
#ifndef NETSWAP_WORKLOAD_H
#define NETSWAP_WORKLOAD_H

#include <stdint.h>

#include "board_map.h"
#include "workload_exit.h"

#define WORKLOAD_PAGE_BYTES 4096u

struct workload {
	const char *name;
	unsigned int slot, index, count;
	uint64_t after_ms;
	uint64_t total_bytes;
	unsigned int passes;
	int random_order;
	unsigned int write_percent;
	uint64_t seed;
	unsigned int jobs;
	const char *job, *result;
	unsigned int sockets, rcvbuf_bytes, datagram_bytes, rate;
	uint64_t interval_ms;
	const char *peer;
	struct board *board;
	struct board_slot *progress; /* board->slots[slot] */
};

int run_anon(struct workload *w);
int run_mlock(struct workload *w);
int run_fio(struct workload *w);
int run_flood(struct workload *w);
int run_churn(struct workload *w);
int run_neigh(struct workload *w);

/*
 * Every pattern calls it once: all processes begin together, when PID 1 has set
 * PRESSING, plus after_ms.  What comes before it is done while memory is plenty.
 */
void workload_wait_for_start(const struct workload *w);

/* Say on the console why it failed, with errno's text if it is set; returns WORKLOAD_FAILED. */
int workload_failed(const struct workload *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
