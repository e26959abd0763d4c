/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The deadlocks that are known already (nbd-harness/known-signatures, which
 * explains its own format): by a knot's signature, its name, title and cure.
 */
#ifndef NETSWAP_JUDGE_KNOWN_H
#define NETSWAP_JUDGE_KNOWN_H

#include <glib.h>

struct known {
	char *name;	 /* "virtio-net-refill" */
	char *signature; /* matched as a whole */
	char *title, *kernels;
	char *fixed_by, *more; /* or NULL */
};

/* The shipped list, of struct known *; caller unrefs. */
GPtrArray *known_load(GError **error);
/* The same from @text; @from names it in messages (NETSWAP_ERROR_USAGE). */
GPtrArray *known_parse(const char *text, const char *from, GError **error);

/* The entry of @list with @signature, or NULL; "" is nobody's signature. */
const struct known *known_find(const GPtrArray *list, const char *signature);

#endif
