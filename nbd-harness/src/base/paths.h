/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the shipped files are.
 */
#ifndef NETSWAP_BASE_PATHS_H
#define NETSWAP_BASE_PATHS_H

/*
 * The folder with kernel-patches/, vm-images/, workloads/, scripts/ and
 * nbd-harness/scenarios/: $NETSWAP_DATA, the source tree that this program was
 * built in, or where it was installed.  Absolute, static.
 */
const char *netswap_data_dir(void);

#endif
