/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_BASE_VERSION_H
#define NETSWAP_BASE_VERSION_H

#define NETSWAP_VERSION "0.1.0"

/*
 * What git calls the source that this program was built from ("ef930dc",
 * "ef930dc-dirty"), or "unknown".  main() sets it, so that a commit relinks one
 * program and not all tests.
 */
extern const char *netswap_revision;

#endif
