/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one list of pressure patterns, for the guest (main.c, which runs them,
 * and PID 1, which awaits them) and the harness (scenario/workload_table.c,
 * which offers them): X(name, companion, help).  The guest's function is
 * run_NAME.
 *
 * A companion disturbs for as long as others press: it never ends by itself,
 * and what it does is no progress, touches no floor and is not waited for.
 */
#ifndef NETSWAP_WORKLOAD_LIST_H
#define NETSWAP_WORKLOAD_LIST_H

#define WORKLOAD_LIST(X)                                                                           \
	X(anon, 0,                                                                                 \
	  "Processes fill anonymous memory with a seeded pattern, then verify every "              \
	  "page on every later pass and rewrite write_percent of them")                            \
	X(mlock, 0,                                                                                \
	  "Like anon, but the memory is pinned: it can provoke the OOM killer while "              \
	  "swap has room")                                                                         \
	X(fio, 0,                                                                                  \
	  "Debian's fio runs a job file over a tmpfs (shmem goes through swap) and "               \
	  "verifies what it wrote; its JSON result becomes part of the record")                    \
	X(flood, 1,                                                                                \
	  "Companion: datagrams pour, at rate, into UDP sockets that nobody reads, over the "      \
	  "link that swap uses")                                                                   \
	X(churn, 1,                                                                                \
	  "Companion: dentries, inodes and the buffers of Unix sockets come and go, a batch "      \
	  "each interval")                                                                         \
	X(neigh, 1,                                                                                \
	  "Companion: the link's neighbour is forgotten each interval, so that nothing can be "    \
	  "sent until ARP has found it anew")

#endif
