/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels: what a scenario asks for -> files in the cache.
 *
 *   request -> key (hash of all inputs: source package or tree state, patches,
 *   fragments, compiler, build scripts) -> <cache>/kernels/<key>/ {bzImage
 *   vmlinux config build.log kernel.json [modules/]}; one lock file a key, so
 *   that concurrent builds wait for each other; the entry appears by rename(2)
 *   when it is complete.
 */
#ifndef NETSWAP_BUILD_KERNEL_H
#define NETSWAP_BUILD_KERNEL_H

#include <glib.h>

#include "base/scope.h"
#include "build/cache.h" /* netswap_cache_dir() */

#define KERNEL_VERSION_DEFAULT "6.12"

struct kernel_request {
	const char *version; /* "6.12" */
	char **series;	     /* NULL-terminated names, may be NULL */
	char **patches;	     /* absolute paths, may be NULL */
	char **fragments;    /* absolute paths, may be NULL */
	const char *nic;     /* what it needs beyond the base configuration is added, or NULL */
	const char *source;  /* own tree, or NULL */
	const char *debian;  /* prebuilt version, or NULL */
	const char *image;   /* own bzImage, or NULL */
	const char *vmlinux; /* beside image, or NULL */
};

struct kernel {
	char *name;  /* for people: "6.12.117 stock", "6.12.117+fix", "Debian 6.12.117-1~deb12u1" */
	char *key;   /* hash, or "image:<path>" */
	char *image; /* absolute path of the bzImage */
	char *vmlinux;	/* with BTF and symbols, or NULL: the guest hands them over */
	char *config;	/* or NULL */
	char *modules;	/* folder with lib/modules/..., or NULL: everything is built in */
	gboolean built; /* this call built it (FALSE: it came from the cache) */
	double build_s;
};

/* Find it in the cache or make it (minutes; progress on stderr).  Caller frees. */
struct kernel *kernel_obtain(const struct kernel_request *request, GError **error);
void kernel_free(struct kernel *k);
DEFINE_SCOPED(kernel, kernel_free)

/* All cache entries, for `netswap list kernels`; GPtrArray of struct kernel. */
GPtrArray *kernel_list(GError **error);

#endif
