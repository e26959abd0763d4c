/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, from BTF: offsets and sizes of struct members, values of
 * enumerators.  Nothing about a layout is compiled in; what a kernel lacks is
 * an error that names struct and member.
 */
#ifndef NETSWAP_GUEST_TYPES_H
#define NETSWAP_GUEST_TYPES_H

#include <glib.h>

struct types;

/* From the .BTF section of a vmlinux. */
struct types *types_from_vmlinux(const char *path, GError **error);
/* From what the guest handed over (/sys/kernel/btf/vmlinux). */
struct types *types_from_blob(const void *data, gsize bytes, GError **error);
/* Add a module's split BTF (/sys/kernel/btf/nbd); looked up after vmlinux. */
gboolean types_add_module(struct types *t, const char *name, const void *data, gsize bytes,
			  GError **error);
void types_free(struct types *t);

/*
 * Offset (bytes) of @path in struct @type, e.g. ("task_struct", "thread.sp");
 * anonymous structs and unions are looked through.  Where drivers use one name
 * for several structs, "e1000_adapter{ei}" means the one with a member ei.
 * @size may be NULL: bytes of the member.  Errors: NETSWAP_ERROR_GUEST naming what is missing.
 */
gboolean types_member(const struct types *t, const char *type, const char *path, guint *offset,
		      guint *size, GError **error);

/*
 * Where an integer lies to the bit: a bitfield, or one of whatever size.  The
 * lowest of its @width bits is bit @shift of the byte at @offset; @shift +
 * @width are at most 64.
 */
struct types_bits {
	guint offset, shift, width;
};
gboolean types_bits(const struct types *t, const char *type, const char *path,
		    struct types_bits *bits, GError **error);
/* Size of struct @type in bytes, 0 when unknown. */
guint types_struct_bytes(const struct types *t, const char *type);
/* Value of enumerator @name in enum @type (NULL: in any, anonymous ones too), or -1. */
gint64 types_enumerator(const struct types *t, const char *type, const char *name);

#endif
