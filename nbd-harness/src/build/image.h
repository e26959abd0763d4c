/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images of VMs: an initramfs (newc cpio, written without root) of our own
 * programs, of programs and libraries from Debian's packages, and of the modules
 * that a prebuilt kernel needs; and, for fio, a read-only disk image.
 * Cached by the hash of their inputs like kernels.
 */
#ifndef NETSWAP_BUILD_IMAGE_H
#define NETSWAP_BUILD_IMAGE_H

#include <glib.h>

#include "build/kernel.h"

/* What goes into an initramfs; each list ends with NULL and may be NULL. */
struct image_own {
	const char *path; /* in the image */
	const char *name; /* what make built */
};
struct image_parts {
	const struct image_own *own;
	const char *const *packages; /* of Debian */
	const char *const *programs; /* paths in these; with their libraries, as bin/NAME */
	const char *const *modules;  /* of the kernel, where it has them as such */
};

/* Path of the initramfs for @kernel of all of @parts (ends with NULL; none may be empty), made if
 * need be; caller frees. */
char *image_initramfs(const struct kernel *kernel, const struct image_parts *const *parts,
		      GError **error);
/* Path of the read-only disk image with fio and its libraries; caller frees. */
char *image_fio(GError **error);

#endif
