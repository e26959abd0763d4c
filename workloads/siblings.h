/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes of one pressure section wait for each other. */
#ifndef NETSWAP_SIBLINGS_H
#define NETSWAP_SIBLINGS_H

#include "workload.h"

/*
 * This process has completed @pass passes: wait until each sibling has, or has
 * ended.  Sleeps in the kernel, without a timer, and allocates nothing.
 */
void siblings_wait(const struct workload *w, unsigned int pass);

#endif
