/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modules that a prebuilt kernel needs in the initramfs, with what they
 * depend on, and the order file that PID 1's verb modprobe reads
 * (vm-images/modprobe.c describes it).
 */
#ifndef NETSWAP_BUILD_IMAGE_MODULES_H
#define NETSWAP_BUILD_IMAGE_MODULES_H

#include <glib.h>

#include "build/cpio.h"

/*
 * @modules: a folder with lib/modules/VERSION/, as a kernel's package has it.
 * @wanted: names, NULL-terminated.
 */
gboolean image_add_modules(struct cpio *c, const char *modules, const char *const *wanted,
			   GError **error);

#endif
