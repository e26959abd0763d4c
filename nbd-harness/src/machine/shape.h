/* SPDX-License-Identifier: GPL-2.0-only */
/* What a link does in one direction, with the faults that are in force; and how tc is told. */
#ifndef NETSWAP_MACHINE_SHAPE_H
#define NETSWAP_MACHINE_SHAPE_H

#include "scenario/scenario.h"

/* @usual, but where @fault (kind link or partition) says otherwise. */
struct scenario_shape shape_with(struct scenario_shape usual, const struct scenario_fault *fault);

/*
 * The arguments of tc-netem(8) for it; caller frees.  All of them are named, also
 * those that are 0: what is not named stays as it was.
 */
char *shape_netem(const struct scenario_shape *shape);

#endif
