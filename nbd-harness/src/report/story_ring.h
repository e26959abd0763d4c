/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_REPORT_STORY_RING_H
#define NETSWAP_REPORT_STORY_RING_H

#include "report/fold.h"

/* Begin a sentence, with a space after the one before. */
G_GNUC_PRINTF(2, 3)
void story_say(GString *story, const char *fmt, ...);

/* Tell the hot path of @f, which stands first in it, along its edges. */
void story_add_ring(GString *story, const struct fold *f);

#endif
