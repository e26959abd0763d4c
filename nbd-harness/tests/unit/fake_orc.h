/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fake guest whose RAM is also its kernel image, with BTF that the test
 * builds and ORC tables that it fills.
 */
#ifndef NETSWAP_TESTS_FAKE_ORC_H
#define NETSWAP_TESTS_FAKE_ORC_H

#include <bpf/btf.h>

#include "fake_guest.h"

#define IMAGE 0xffffffff80000000ull /* virtual address of physical 0 */

/* @btf is freed. */
void fake_image_init(struct fake_guest *f, struct btf *btf);
void fake_image_clear(struct fake_guest *f);
void fake_image_write(struct fake_guest *f, guint64 address, const void *data, gsize bytes);
void fake_image_u64(struct fake_guest *f, guint64 address, guint64 value);
void fake_image_u32(struct fake_guest *f, guint64 address, guint32 value);

/* BTF with struct orc_entry, as since 6.4 or until 6.2. */
struct btf *fake_orc_btf(gboolean since_6_4);

struct fake_rule {
	gint sp_offset, bp_offset;
	guint registers; /* bp_reg << 4 | sp_reg */
	guint type;	 /* since 6.4 signal << 3 | type, until 6.2 end << 2 | type */
};
/* Entry @i of the tables at @ips and @entries: from @ip on, @rule holds. */
void fake_orc_entry(struct fake_guest *f, guint64 ips, guint64 entries, guint i, guint64 ip,
		    const struct fake_rule *rule);
/* The symbols of tables of @n entries. */
void fake_orc_symbols(struct fake_guest *f, guint64 ips, guint64 entries, guint n);

#endif
