/* SPDX-License-Identifier: GPL-2.0-only */
/* From a booted machine to an opened guest: where symbols and types come from. */
#ifndef NETSWAP_RUN_OPEN_H
#define NETSWAP_RUN_OPEN_H

#include "build/kernel.h"
#include "guest/guest.h"
#include "machine/machine.h"

/* Blob @name of the board if it is complete and lies on it, else NULL; not owned. */
const void *open_blob(const struct board *board, const char *name, gsize *bytes);

/* A text field of the board, of at most @bytes: the guest need not have ended it, and what does
 * not print becomes '?'.  Caller frees. */
char *open_text(const char *field, gsize bytes);

/*
 * Open the guest of @m: symbols and types from @kernel's vmlinux, or as the
 * guest handed them over (blobs kallsyms, btf/vmlinux, btf/MODULE).  *vmcoreinfo
 * (caller frees) gets the text of the note, NULL if the guest named none.
 */
struct guest *open_guest(const struct machine *m, const struct kernel *kernel, char **vmcoreinfo,
			 GError **error);

#endif
