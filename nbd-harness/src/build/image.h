/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest image: an initramfs (newc cpio, written without root) with PID 1,
 * the workloads, nbd-client and its libraries from Debian's package, and the
 * modules a prebuilt kernel needs; and, for fio, a read-only disk image.
 * Cached by the hash of their inputs like kernels.
 */
#ifndef NETSWAP_BUILD_IMAGE_H
#define NETSWAP_BUILD_IMAGE_H

#include <glib.h>

#include "build/kernel.h"

/* Path of the initramfs for @kernel, made if need be; caller frees. */
char *image_initramfs(const struct kernel *kernel, GError **error);
#define IMAGE_NO_DH "lib/no-dh.so" /* to preload into nbd-server: vm-images/server/no_dh.c */

/* The same of the VM in which the swap server runs, with tc and ip. */
extern const char
	*const image_server_modules[]; /* for it to load, in this order; NULL-terminated */
char *image_server(const struct kernel *kernel, GError **error);
/* Path of the read-only disk image with fio and its libraries; caller frees. */
char *image_fio(GError **error);

#endif
