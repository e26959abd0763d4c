/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of scenarios against files; for users, scenario.h has the rest. */
#ifndef NETSWAP_SCENARIO_LIBRARY_H
#define NETSWAP_SCENARIO_LIBRARY_H

/* "quickstart/stock.scn" for a shipped scenario, else @file as it is; caller frees. */
char *library_short_name(const char *file);

#endif
