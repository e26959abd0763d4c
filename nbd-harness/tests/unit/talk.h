/* SPDX-License-Identifier: GPL-2.0-only */
/* A second client talks to a server that a test plays: its answer lies in the socket before it is
 * asked for. */
#ifndef NETSWAP_TESTS_TALK_H
#define NETSWAP_TESTS_TALK_H

#include <glib.h>

/* nfs_probe(), nvme_probe(): asks over @fd, which it closes. */
typedef gboolean (*probe_fn)(int fd, const char *what, guint deadline_ms, GError **error);

struct talk {
	int server; /* our end, to read what was asked; owned */
	gboolean ok;
	GError *error;
};

/* Have @probe ask for @what a server that says @bytes of @answer and, if @ends, goes. */
void talk_ask(struct talk *t, probe_fn probe, const char *what, const void *answer, gsize bytes,
	      gboolean ends, guint deadline_ms);
void talk_clear(struct talk *t);

typedef struct talk talk;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(talk, talk_clear)

/* It failed, as a matter of the infrastructure, saying @message. */
void talk_expect_refused(const struct talk *t, const char *message);

#endif
