/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What loaded modules add to a kernel, read from its memory: their symbols and
 * their BTF.  Best effort: a module that cannot be read is left out, and what
 * is looked for in it is then missing by name.
 */
#ifndef NETSWAP_GUEST_MODULES_H
#define NETSWAP_GUEST_MODULES_H

#include "guest/guest.h"

/*
 * Add the modules' symbols to @g's own, and their BTF to @types (of the kernel
 * itself; @g needs no types yet).  Returns the number of modules with BTF.
 */
guint modules_add(struct guest *g, struct types *types);

#endif
