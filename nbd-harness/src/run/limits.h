/* SPDX-License-Identifier: GPL-2.0-only */
/* What the judge holds a run to: scenario -> floors of swap traffic and deadlines. */
#ifndef NETSWAP_RUN_LIMITS_H
#define NETSWAP_RUN_LIMITS_H

#include "judge/judge.h"
#include "scenario/scenario.h"

struct judge_config limits_of(const struct scenario *s);

#endif
