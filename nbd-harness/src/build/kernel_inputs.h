/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel is built from: a request resolved into files, and the key that
 * is the hash of them all.
 */
#ifndef NETSWAP_BUILD_KERNEL_INPUTS_H
#define NETSWAP_BUILD_KERNEL_INPUTS_H

#include <glib.h>

#include "base/scope.h"
#include "build/kernel.h"

struct kernel_inputs {
	char *version; /* "6.12": names the patches and the config fragment */
	char *release; /* "6.12.117", or "6.12" as long as nobody knows better */
	char *label;   /* "stock", "fix", "fix+mine.patch" */
	char *package; /* "linux-source-6.12 6.12.117-1~deb12u1", or NULL: a developer's tree */
	char *tree;    /* folder of the source, which need not exist yet for a package */
	char *tree_id; /* names the work folder that this tree is built in */
	GPtrArray *patches;   /* of char *, absolute, in the order of application */
	GPtrArray *fragments; /* of char *, absolute, in the order of merging */
	char *key;
};

/*
 * Resolve @request (neither debian nor image).  Asks apt for the package's
 * version only when the cache holds no source of that version yet.
 * Errors: NETSWAP_ERROR_USAGE for what the request names wrongly.
 */
struct kernel_inputs *kernel_inputs_resolve(const struct kernel_request *request, GError **error);
void kernel_inputs_free(struct kernel_inputs *in);
DEFINE_SCOPED(kernel_inputs, kernel_inputs_free)

#endif
