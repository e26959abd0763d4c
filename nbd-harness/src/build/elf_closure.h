/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dynamically linked program needs to run elsewhere: its loader and,
 * transitively, the shared libraries that it names (DT_NEEDED).  Libraries
 * opened with dlopen(3) are not seen.
 */
#ifndef NETSWAP_BUILD_ELF_CLOSURE_H
#define NETSWAP_BUILD_ELF_CLOSURE_H

#include <glib.h>

#include "base/scope.h"

struct elf_closure {
	char *loader;	    /* PT_INTERP, e.g. "/lib64/ld-linux-x86-64.so.2"; NULL: static */
	GPtrArray *sonames; /* of char *, "libc.so.6" */
	GPtrArray *paths;   /* of char *, where each was found; same order */
};

/*
 * @root: a folder of unpacked packages, searched before the host's own
 * libraries.  Errors (NETSWAP_ERROR_INFRA) name the library and who needs it.
 */
struct elf_closure *elf_closure_new(const char *program, const char *root, GError **error);
void elf_closure_free(struct elf_closure *closure);
DEFINE_SCOPED(elf_closure, elf_closure_free)

#endif
