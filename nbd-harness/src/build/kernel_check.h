/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_BUILD_KERNEL_CHECK_H
#define NETSWAP_BUILD_KERNEL_CHECK_H

#include "build/kernel_inputs.h"

/*
 * The tree takes every patch and has every option that is asked for; the tree
 * must be there.  Else the error says which file and hunk, or which option, and
 * which other version that the cache has the source of would do.  Takes seconds.
 */
gboolean kernel_check(const struct kernel_inputs *in, GError **error);

#endif
