/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a newc cpio archive, the format of an initramfs (kernel:
 * Documentation/driver-api/early-userspace/buffer-format.rst).  Owner is root,
 * times are 0, so equal contents give equal archives.
 *
 * Names are relative ("bin/nbd-client"); parent folders are added by
 * themselves, before their first member.
 */
#ifndef NETSWAP_BUILD_CPIO_H
#define NETSWAP_BUILD_CPIO_H

#include <glib.h>

#include "base/scope.h"

struct cpio;
struct cpio *cpio_new(void);
void cpio_add_dir(struct cpio *c, const char *name);
/* @mode: permission bits, e.g. 0755. */
void cpio_add_data(struct cpio *c, const char *name, guint mode, const void *data, gsize bytes);
gboolean cpio_add_file(struct cpio *c, const char *name, guint mode, const char *path,
		       GError **error);
void cpio_add_char_device(struct cpio *c, const char *name, guint mode, guint major, guint minor);
/* End the archive and take its bytes; nothing can be added afterwards. */
GBytes *cpio_end(struct cpio *c);
void cpio_free(struct cpio *c);
DEFINE_SCOPED(cpio, cpio_free)

#endif
