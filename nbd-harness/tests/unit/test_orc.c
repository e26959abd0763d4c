// SPDX-License-Identifier: GPL-2.0-only
/* ORC tables, as of before and after 6.4: found, decoded, torn, and those of modules. */
#include "guest/orc.h"

#include "fake_orc.h"

#define TEXT	     (IMAGE + 0x10000)
#define IPS	     (IMAGE + 0x20000)
#define ENTRIES	     (IMAGE + 0x30000)
#define MODULES	     (IMAGE + 0x40000) /* the list's head */
#define MODULE	     (IMAGE + 0x41000)
#define MODULE_TEXT  (IMAGE + 0x50000)
#define MODULE_IPS   (IMAGE + 0x60000)
#define MODULE_TABLE (IMAGE + 0x61000)

/* Where BTF says that the made-up struct module has what. */
enum {
	MODULE_LIST = 8,
	MODULE_ORCS = 0x20,
	MODULE_ORC_IP = 0x28,
	MODULE_ORC = 0x30,
	MODULE_MEM = 0x40,
	MEMORY_BYTES = 24,
	MOD_TEXT = 1,
};

static struct fake_guest f; /* of the test that runs */

static void set_up(struct btf *btf, guint rules)
{
	btf__add_struct(btf, "module_memory", MEMORY_BYTES);
	btf__add_enum(btf, "mod_mem_type", 4);
	btf__add_enum_value(btf, "MOD_TEXT", MOD_TEXT);
	fake_image_init(&f, btf);
	fake_orc_symbols(&f, IPS, ENTRIES, rules);
	fake_symbol(&f, "modules", 'd', MODULES);
	f.g.at.module_list = MODULE_LIST;
	f.g.at.module_orcs = MODULE_ORCS;
	f.g.at.module_orc_ip = MODULE_ORC_IP;
	f.g.at.module_orc = MODULE_ORC;
	f.g.at.module_mem = MODULE_MEM;
	f.g.at.module_memory_base = 0;
	f.g.at.module_memory_size = 8;
}

static void put_rule(guint i, guint64 ip, struct fake_rule rule)
{
	fake_orc_entry(&f, IPS, ENTRIES, i, ip, &rule);
}

#define RULES 6

static void put_rules(const guint8 *types)
{
	static const struct {
		guint ip;
		struct fake_rule rule;
	} rules[RULES] = {
		{ 0x000, { 8, 0, 0x05, 0 } },	   { 0x100, { 24, -16, 0x15, 0 } },
		{ 0x200, { 0, 0, 0x00, 0 } },	   { 0x200, { 168, -136, 0x15, 0 } },
		{ 0x300, { -8, 32767, 0x48, 0 } }, { 0x400, { 0, 0, 0x00, 0 } },
	};

	for (guint i = 0; i < RULES; i++) {
		struct fake_rule rule = rules[i].rule;

		rule.type = types[i];
		put_rule(i, TEXT + rules[i].ip, rule);
	}
}

static void check_rule(const struct orc *o, guint ip, enum orc_type type, gint sp_offset,
		       guint sp_reg, gint bp_offset, guint bp_reg, gboolean signal)
{
	struct orc_rule r;

	g_assert_true(orc_find(o, TEXT + ip, &r));
	g_assert_cmpint(r.type, ==, type);
	g_assert_cmpint(r.sp_offset, ==, sp_offset);
	g_assert_cmpint(r.bp_offset, ==, bp_offset);
	g_assert_cmpint(r.sp_reg, ==, sp_reg);
	g_assert_cmpint(r.bp_reg, ==, bp_reg);
	g_assert_cmpint(r.signal, ==, signal);
}

static void check_rules(const struct orc *o)
{
	struct orc_rule r;

	g_assert_nonnull(o);
	check_rule(o, 0x000, ORC_CALL, 8, ORC_REG_SP, 0, ORC_REG_UNDEFINED, FALSE);
	check_rule(o, 0x0ff, ORC_CALL, 8, ORC_REG_SP, 0, ORC_REG_UNDEFINED, FALSE);
	check_rule(o, 0x100, ORC_CALL, 24, ORC_REG_SP, -16, ORC_REG_PREV_SP, FALSE);
	/* two entries for one address: the last counts */
	check_rule(o, 0x200, ORC_REGS, 168, ORC_REG_SP, -136, ORC_REG_PREV_SP, TRUE);
	check_rule(o, 0x3ff, ORC_REGS_PARTIAL, -8, ORC_REG_BP_INDIRECT, 32767, ORC_REG_BP, TRUE);
	g_assert_false(orc_find(o, TEXT - 1, &r));
	g_assert_false(orc_find(o, TEXT + 0x400, &r)); /* the last only ends what lies before it */
	g_assert_false(orc_find(o, 0, &r));
	g_assert_false(orc_find(o, G_MAXUINT64, &r));
}

static void test_formats(void)
{
	static const struct {
		gboolean since_6_4;
		guint8 types[RULES];
	} formats[] = { { TRUE, { 2, 2, 0, 8 | 3, 8 | 4, 0 } }, { FALSE, { 0, 0, 0, 1, 2, 4 } } };

	for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
		SCOPED(orc) o = NULL;

		set_up(fake_orc_btf(formats[i].since_6_4), RULES);
		put_rules(formats[i].types);
		o = orc_new(&f.g);
		check_rules(o);
		fake_image_clear(&f);
	}
}

/* The end of a stack and code of which nothing is known, in both formats. */
static void test_ends(void)
{
	static const struct {
		gboolean since_6_4;
		guint end, unknown, odd;
	} formats[] = { { TRUE, 1, 0, 7 }, { FALSE, 4, 0, 3 } };

	for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
		SCOPED(orc) o = NULL;
		struct orc_rule r;

		set_up(fake_orc_btf(formats[i].since_6_4), 4);
		put_rule(0, TEXT, (struct fake_rule){ .type = formats[i].end });
		put_rule(1, TEXT + 1, (struct fake_rule){ .type = formats[i].unknown });
		put_rule(2, TEXT + 2, (struct fake_rule){ 0, 0, 0x15, formats[i].odd });
		put_rule(3, TEXT + 3, (struct fake_rule){ .type = formats[i].unknown });
		o = orc_new(&f.g);
		g_assert_true(orc_find(o, TEXT, &r) && r.type == ORC_END_OF_STACK);
		g_assert_true(orc_find(o, TEXT + 1, &r) && r.type == ORC_UNDEFINED);
		g_assert_true(orc_find(o, TEXT + 2, &r) && r.type == ORC_UNDEFINED);
		fake_image_clear(&f);
	}
}

/* Tables that can't be used are not half used. */
static void test_refused(void)
{
	struct btf *wide = btf__new_empty();

	set_up(btf__new_empty(), RULES); /* no struct orc_entry */
	g_assert_null(orc_new(&f.g));
	fake_image_clear(&f);

	btf__add_struct(wide, "orc_entry", 8);
	set_up(wide, RULES);
	g_assert_null(orc_new(&f.g));
	fake_image_clear(&f);

	/* beyond RAM; more than any kernel has; empty */
	static const guint counts[] = { FAKE_RAM_BYTES, 1u << 30, 0 };

	for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
		set_up(fake_orc_btf(TRUE), counts[i]);
		g_assert_null(orc_new(&f.g));
		fake_image_clear(&f);
	}
}

static void put_module(guint64 module, guint64 next, guint orcs, guint text_bytes)
{
	guint64 text = module + MODULE_MEM + MOD_TEXT * MEMORY_BYTES;

	fake_image_u64(&f, module + MODULE_LIST, next);
	fake_image_u32(&f, module + MODULE_ORCS, orcs);
	fake_image_u64(&f, module + MODULE_ORC_IP, MODULE_IPS);
	fake_image_u64(&f, module + MODULE_ORC, MODULE_TABLE);
	fake_image_u64(&f, text, MODULE_TEXT);
	fake_image_u32(&f, text + 8, text_bytes);
}

static void set_up_module(void)
{
	static const guint8 types[RULES] = { 2, 2, 2, 2, 2, 2 };
	static const struct fake_rule rule = { 40, 0, 0x05, 2 };

	set_up(fake_orc_btf(TRUE), RULES);
	put_rules(types);
	fake_orc_entry(&f, MODULE_IPS, MODULE_TABLE, 0, MODULE_TEXT, &rule);
	fake_orc_entry(&f, MODULE_IPS, MODULE_TABLE, 1, MODULE_TEXT + 0x800, &rule);
	fake_image_u64(&f, MODULES, MODULE + MODULE_LIST);
	put_module(MODULE, MODULES, 2, 0x700);
}

static void test_module(void)
{
	SCOPED(orc) o = NULL;
	struct orc_rule r;

	set_up_module();
	o = orc_new(&f.g);
	g_assert_false(orc_find(o, MODULE_TEXT, &r)); /* nobody has looked yet */
	orc_read_modules(o);
	g_assert_true(orc_find(o, MODULE_TEXT + 0x6ff, &r));
	g_assert_cmpint(r.sp_offset, ==, 40);
	/* The rest was for initialization and is gone: the table still has it. */
	g_assert_false(orc_find(o, MODULE_TEXT + 0x800, &r));

	fake_image_u64(&f, MODULES, MODULES); /* unloaded */
	orc_read_modules(o);
	g_assert_false(orc_find(o, MODULE_TEXT, &r));
	fake_image_clear(&f);
}

/* Before 6.4 a module's code lies in its core_layout. */
static void test_old_module(void)
{
	SCOPED(orc) o = NULL;
	struct orc_rule r;

	set_up_module();
	f.g.at.module_mem = LAYOUT_NONE;
	f.g.at.module_core_base = MODULE_MEM + MOD_TEXT * MEMORY_BYTES;
	f.g.at.module_core_size = f.g.at.module_core_base + 8;
	o = orc_new(&f.g);
	orc_read_modules(o);
	g_assert_true(orc_find(o, MODULE_TEXT + 0x6ff, &r));
	g_assert_false(orc_find(o, MODULE_TEXT + 0x700, &r));
	fake_image_clear(&f);
}

/* A ring without an end; a table, text too long; no text and a ring that breaks. */
static void test_broken_modules(void)
{
	static const struct {
		guint64 next;
		guint orcs, text_bytes;
	} broken[] = { { MODULE + MODULE_LIST, 0, 0x700 },
		       { MODULES, G_MAXUINT32, 0x700 },
		       { MODULES, 2, G_MAXUINT32 },
		       { 8, 2, 0 } };
	SCOPED(orc) o = NULL;
	struct orc_rule r;

	set_up_module();
	o = orc_new(&f.g);
	for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
		put_module(MODULE, broken[i].next, broken[i].orcs, broken[i].text_bytes);
		orc_read_modules(o);
		g_assert_false(orc_find(o, MODULE_TEXT, &r));
	}
	fake_image_clear(&f);
}

/* Whatever the tables hold, looking things up stays within them. */
static void test_random(void)
{
	GRand *random = g_rand_new_with_seed(6);

	for (guint round = 0; round < 200; round++) {
		SCOPED(orc) o = NULL;

		set_up(fake_orc_btf(round & 1), 1000);
		for (guint i = 0; i < 1000; i++) {
			fake_image_u32(&f, IPS + i * 4, g_rand_int(random));
			fake_image_u32(&f, ENTRIES + i * 6, g_rand_int(random));
			fake_image_u32(&f, ENTRIES + i * 6 + 2, g_rand_int(random));
		}
		o = orc_new(&f.g);
		for (guint i = 0; i < 1000; i++) {
			struct orc_rule r = { 0 };

			orc_find(o, IMAGE + g_rand_int(random), &r);
			g_assert_cmpint(r.type, <=, ORC_REGS_PARTIAL);
		}
		fake_image_clear(&f);
	}
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/orc/formats", test_formats);
	g_test_add_func("/orc/ends", test_ends);
	g_test_add_func("/orc/refused", test_refused);
	g_test_add_func("/orc/module", test_module);
	g_test_add_func("/orc/old-module", test_old_module);
	g_test_add_func("/orc/broken-modules", test_broken_modules);
	g_test_add_func("/orc/random", test_random);
	return g_test_run();
}
