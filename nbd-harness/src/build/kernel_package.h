/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian's kernel packages, downloaded by scripts/kernel-fetch and unpacked
 * into the cache.
 *
 * The version that a name such as "6.12" stands for is looked up once and then
 * pinned (<cache>/pins/), so that a kernel stays what it is, and works without
 * network, until kernel_package_update() looks again.
 */
#ifndef NETSWAP_BUILD_KERNEL_PACKAGE_H
#define NETSWAP_BUILD_KERNEL_PACKAGE_H

#include <glib.h>

/* @kind: "source" or "image".  "PACKAGE DEBIAN-VERSION"; caller frees. */
char *kernel_package_version(const char *kind, const char *version, GError **error);
/* Forget the pin: the next question goes to apt. */
void kernel_package_update(const char *kind, const char *version);
/* Where @package ("PACKAGE DEBIAN-VERSION") is, or would be, unpacked; caller frees. */
char *kernel_package_dir(const char *package);
/* Unpack it there if it is not; minutes.  FALSE: error. */
gboolean kernel_package_fetch(const char *kind, const char *version, const char *package,
			      GError **error);

#endif
