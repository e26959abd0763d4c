/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's symbols: name -> address and address -> name+offset. */
#ifndef NETSWAP_GUEST_SYMBOLS_H
#define NETSWAP_GUEST_SYMBOLS_H

#include <glib.h>

struct symbols;

/* From the .symtab of a vmlinux (addresses as linked: for kernels without KASLR). */
struct symbols *symbols_from_vmlinux(const char *path, GError **error);
/* From /proc/kallsyms text as the guest handed it over (addresses as loaded, modules included). */
struct symbols *symbols_from_kallsyms(const char *text, gsize bytes, GError **error);
void symbols_free(struct symbols *s);

/* Add what such a text has; symbols that were there stay first of their name. */
void symbols_add_kallsyms(struct symbols *s, const char *text, gsize bytes);
/* Move the kernel image's symbols by @offset, as KASLR did when it was loaded. */
void symbols_shift(struct symbols *s, guint64 offset);

/* Address of @name, 0 when there is none (static functions may occur twice: the first). */
guint64 symbols_address(const struct symbols *s, const char *name);
/* The same, but a missing symbol is an error that names it. */
gboolean symbols_need(const struct symbols *s, const char *name, guint64 *address, GError **error);
/* The text symbol that covers @address and the offset in it, or NULL. Owned by @s. */
const char *symbols_function(const struct symbols *s, guint64 address, guint *offset);
/* Any symbol, data included, that covers @address; NULL if none lies within @reach bytes below. */
const char *symbols_at(const struct symbols *s, guint64 address, guint reach, guint *offset);

/* The build id of the vmlinux that  was read from, hex digits; NULL: unknown.  Owned by . */
const char *symbols_build_id(const struct symbols *s);
/* The same among  of ELF notes; caller frees. */
char *symbols_notes_build_id(const void *notes, gsize bytes);
/* The linux_banner text stored in a vmlinux file; caller frees.  NULL: it has none. */
char *symbols_vmlinux_banner(const char *path);

#endif
