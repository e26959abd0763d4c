/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one list of pressure patterns, for the guest (main.c, which runs them)
 * and the harness (scenario/workload_table.c, which offers them):
 * X(name, help).  The guest's function is run_NAME.
 */
#ifndef NETSWAP_WORKLOAD_LIST_H
#define NETSWAP_WORKLOAD_LIST_H

#define WORKLOAD_LIST(X)                                                                           \
	X(anon, "Processes fill anonymous memory with a seeded pattern, then verify every "        \
		"page on every later pass and rewrite write_percent of them")                      \
	X(mlock, "Like anon, but the memory is pinned: it can provoke the OOM killer while "       \
		 "swap has room")                                                                  \
	X(fio, "Debian's fio runs a job file over a tmpfs (shmem goes through swap) and "          \
	       "verifies what it wrote; its JSON result becomes part of the record")

#endif
