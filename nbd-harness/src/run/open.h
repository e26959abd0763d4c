/* SPDX-License-Identifier: GPL-2.0-only */
/* From a booted machine to an opened guest: where symbols and types come from. */
#ifndef NETSWAP_RUN_OPEN_H
#define NETSWAP_RUN_OPEN_H

#include "guest/guest.h"

struct board;

/* Blob @name of the board if it is complete and lies on it, else NULL; not owned. */
const void *open_blob(const struct board *board, const char *name, gsize *bytes);

/* A text field of the board, of at most @bytes: the guest need not have ended it, and what does
 * not print becomes '?'.  Caller frees. */
char *open_text(const char *field, gsize bytes);

/* Where a running guest is: its RAM, what it wrote on its board, and the vmlinux if there is one.
 */
struct open_source {
	int ram_fd;
	guint64 memory_bytes;
	guint cpus;
	const struct board *board;
	const char *vmlinux; /* or NULL */
};

/*
 * Open it: symbols and types from the vmlinux, or as the guest handed them over
 * (blobs kallsyms, btf/vmlinux, btf/MODULE).  *note (caller frees) gets the text
 * of its VMCOREINFO note, NULL if the guest named none.
 */
struct guest *open_guest(const struct open_source *from, char **note, GError **error);

#endif
