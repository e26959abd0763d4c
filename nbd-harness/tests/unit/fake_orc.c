// SPDX-License-Identifier: GPL-2.0-only
#include "fake_orc.h"

#include <string.h>

#define ENTRY_BYTES 6

void fake_image_init(struct fake_guest *f, struct btf *btf)
{
	g_autoptr(GError) error = NULL;
	guint32 bytes;
	const void *data = btf__raw_data(btf, &bytes);

	*f = (struct fake_guest){ 0 };
	fake_guest_init(f);
	f->g.direct_map = IMAGE;
	f->g.types = types_from_blob(data, bytes, &error);
	g_assert_no_error(error);
	btf__free(btf);
}

void fake_image_clear(struct fake_guest *f)
{
	types_free(f->g.types);
	fake_guest_clear(f);
}

void fake_image_write(struct fake_guest *f, guint64 address, const void *data, gsize bytes)
{
	g_assert_cmphex(address - IMAGE, <=, FAKE_RAM_BYTES - bytes);
	memcpy(f->ram + (address - IMAGE), data, bytes);
}

void fake_image_u64(struct fake_guest *f, guint64 address, guint64 value)
{
	fake_image_write(f, address, &value, sizeof(value));
}

void fake_image_u32(struct fake_guest *f, guint64 address, guint32 value)
{
	fake_image_write(f, address, &value, sizeof(value));
}

struct btf *fake_orc_btf(gboolean since_6_4)
{
	struct btf *btf = btf__new_empty();
	int s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);

	btf__add_struct(btf, "orc_entry", ENTRY_BYTES);
	btf__add_field(btf, "sp_offset", s16, 0, 0);
	btf__add_field(btf, "bp_offset", s16, 16, 0);
	btf__add_field(btf, "sp_reg", u32, 32, 4);
	btf__add_field(btf, "bp_reg", u32, 36, 4);
	btf__add_field(btf, "type", u32, 40, since_6_4 ? 3 : 2);
	btf__add_field(btf, since_6_4 ? "signal" : "end", u32, since_6_4 ? 43 : 42, 1);
	return btf;
}

void fake_orc_entry(struct fake_guest *f, guint64 ips, guint64 entries, guint i, guint64 ip,
		    const struct fake_rule *rule)
{
	guint8 entry[ENTRY_BYTES] = { rule->sp_offset,	    rule->sp_offset >> 8, rule->bp_offset,
				      rule->bp_offset >> 8, rule->registers,	  rule->type };

	fake_image_u32(f, ips + i * 4, ip - (ips + i * 4));
	fake_image_write(f, entries + i * ENTRY_BYTES, entry, sizeof(entry));
}

void fake_orc_symbols(struct fake_guest *f, guint64 ips, guint64 entries, guint n)
{
	fake_symbol(f, "__start_orc_unwind_ip", 'd', ips);
	fake_symbol(f, "__stop_orc_unwind_ip", 'd', ips + (guint64)n * 4);
	fake_symbol(f, "__start_orc_unwind", 'd', entries);
}
