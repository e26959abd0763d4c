/* SPDX-License-Identifier: GPL-2.0-only */
/* A zstd file as a plain one, so that it can be mapped. */
#ifndef NETSWAP_GUEST_UNPACK_H
#define NETSWAP_GUEST_UNPACK_H

#include <glib.h>

/* Does what @bytes of the beginning of a file are say that zstd made it? */
gboolean unpack_is_zstd(const void *beginning, gsize bytes);

/*
 * A descriptor of a temporary file without a name (in $TMPDIR) that holds what
 * @fd, a file called @path in messages, decompresses to; zeros take no room.
 * Caller closes.  -1, NETSWAP_ERROR_USAGE: damaged or cut short; NETSWAP_ERROR_INFRA:
 * the disk has no room for it (found out before it is full).
 */
int unpack_zstd(int fd, const char *path, GError **error);

#endif
