/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_STORY_H
#define NETSWAP_REPORT_STORY_H

#include "report/fold.h"
#include "report/input.h"

/*
 * What happened, in one paragraph of plain words: what ran, how it ended, and
 * for a hang the ring of waits, told along the edges of the graph.  No bug has
 * a text of its own here.  @f: the folded graph, or NULL.  Caller frees.
 */
char *story_of(const struct report_input *in, const struct fold *f);

#endif
