/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest made by a test: a little RAM, symbols and a layout of the test's own
 * choosing, read by the real guest_read() and guest_list().
 *
 *	g_auto(fake_guest) f = { 0 };
 *	fake_guest_init(&f);
 *	f.g.at.work_entry = 8;
 *	guint64 head = fake_alloc(&f, 16);	all zero, on a cache line of its own
 *	fake_list_init(&f, head);
 *	fake_symbol(&f, "workqueues", 'd', head);
 *
 * Nothing is in its layout until the test says so.  Addresses are of the
 * direct map; what is not allocated reads as zeros up to the end of RAM, and
 * FAKE_WILD lies beyond it.
 */
#ifndef NETSWAP_TESTS_FAKE_GUEST_H
#define NETSWAP_TESTS_FAKE_GUEST_H

#include "guest/guest.h"

#define FAKE_DIRECT_MAP 0xffff888000000000ull
#define FAKE_RAM_BYTES	(1u << 20)
#define FAKE_WILD	0xffff8880dead0000ull /* looks like a pointer, but is to no RAM */
#define FAKE_TEXT	0xffffffff81000000ull /* where functions may be */

struct fake_guest {
	struct guest g;
	guint8 *ram;
	guint64 used;
	GString *kallsyms;
};

void fake_guest_init(struct fake_guest *f);
void fake_guest_clear(struct fake_guest *f);
typedef struct fake_guest fake_guest;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(fake_guest, fake_guest_clear)

guint64 fake_alloc(struct fake_guest *f, gsize bytes);
void fake_write(struct fake_guest *f, guint64 address, const void *data, gsize bytes);
void fake_u64(struct fake_guest *f, guint64 address, guint64 value);
void fake_u32(struct fake_guest *f, guint64 address, guint32 value);
/* Allocate @text, with its NUL. */
guint64 fake_text(struct fake_guest *f, const char *text);

/* @kind as in kallsyms: 't' function, 'd' data. */
void fake_symbol(struct fake_guest *f, const char *name, char kind, guint64 address);
/* A function of its own; returns its address. */
guint64 fake_function(struct fake_guest *f, const char *name);

/* struct list_head: as the kernel's functions of these names. */
void fake_list_init(struct fake_guest *f, guint64 head);
void fake_list_add_tail(struct fake_guest *f, guint64 node, guint64 head);

#endif
