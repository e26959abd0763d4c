/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs from Debian packages that are not installed on this host: fetched
 * through the host's own apt sources and unpacked into the cache, without root.
 *
 * Of the packages they depend on, those that this host already has are not
 * fetched (elf_closure.h takes their libraries from the host).  An entry stays
 * as it is until it is removed from the cache; packages.txt in it says which
 * versions it holds.
 */
#ifndef NETSWAP_BUILD_DEBPKG_H
#define NETSWAP_BUILD_DEBPKG_H

#include <glib.h>

/* The folder into which @packages (names, NULL-terminated) are unpacked; caller frees. */
char *debpkg_obtain(const char *const *packages, GError **error);

#endif
