/* SPDX-License-Identifier: GPL-2.0-only */
/* How a pressure process ends; PID 1 turns it into the state of its slot. */
#ifndef NETSWAP_WORKLOAD_EXIT_H
#define NETSWAP_WORKLOAD_EXIT_H

enum workload_exit {
	WORKLOAD_PASSED = 0,
	WORKLOAD_FAILED = 1,  /* could not do its work; it said why on the console */
	WORKLOAD_CORRUPT = 3, /* read back something other than it wrote */
};

#endif
