/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no single value shows: values that contradict each other, things that
 * are named but do not exist.
 */
#ifndef NETSWAP_SCENARIO_CHECK_H
#define NETSWAP_SCENARIO_CHECK_H

#include <glib.h>

#include "scenario/document.h"
#include "scenario/scenario.h"

/* @doc and @file tell where each value came from. */
gboolean scenario_check(const struct scenario *s, const struct document *doc, const char *file,
			GError **error);

#endif
