/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean ...?": of the names that are offered, the one nearest to a
 * mistyped word.
 *
 *	struct nearest near = { .word = typed };
 *	for (...) nearest_offer(&near, table[i].name);
 *	g_autofree char *hint = nearest_hint(&near);
 */
#ifndef NETSWAP_BASE_NEAREST_H
#define NETSWAP_BASE_NEAREST_H

#include <glib.h>

struct nearest {
	const char *word;
	char best[96]; /* "" until a name came near enough */
	guint distance;
};

void nearest_offer(struct nearest *near, const char *name);
/* "; did you mean NAME?", or "" when nothing offered is near; caller frees. */
char *nearest_hint(const struct nearest *near);

#endif
