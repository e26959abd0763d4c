/* SPDX-License-Identifier: GPL-2.0-only */
/* A campaign's result as a table: Markdown, which reads well as text, too. */
#ifndef NETSWAP_CAMPAIGN_TABLE_H
#define NETSWAP_CAMPAIGN_TABLE_H

#include "campaign/plan.h"

/* @tallies: of struct cell_tally of @c.  Caller frees. */
char *campaign_table(const struct campaign *c, GPtrArray *tallies);

#endif
