// SPDX-License-Identifier: GPL-2.0-only
/* What tasks wait for and the reclaim that they are in, read by the tasks' addresses. */
#include "guest/view_reclaim.h"
#include "guest/view_waited.h"

#include "fake_guest.h"

#define TASK_BYTES 64
#define STACK_AT   0x4000ull /* the fake task's stack, in its RAM */
#define LOCKED	   0
#define WRITEBACK  1
#define DIRTY	   4
#define SWAPCACHE  8
#define SWAPBACKED 9

static struct task_facts *add_task(struct snapshot *s, guint64 address, enum object_kind kind,
				   guint64 on)
{
	struct task_facts t = { .address = address, .on = { .kind = kind, .address = on } };

	g_array_append_val(s->tasks, t);
	return &g_array_index(s->tasks, struct task_facts, s->tasks->len - 1);
}

static void test_folios(void)
{
	g_auto(fake_guest) f = { 0 };
	SCOPED(snapshot) s = snapshot_new();

	fake_guest_init(&f);
	f.g.at.page_flags = 0;
	f.g.at.pg_locked = LOCKED;
	f.g.at.pg_writeback = WRITEBACK;
	f.g.at.pg_dirty = DIRTY;
	f.g.at.pg_swapcache = SWAPCACHE;
	f.g.at.pg_swapbacked = SWAPBACKED;

	guint64 a = fake_alloc(&f, 64), b = fake_alloc(&f, 64);

	fake_u64(&f, a, 1 << WRITEBACK | 1 << SWAPCACHE | 1 << SWAPBACKED);
	fake_u64(&f, b, 1 << LOCKED | 1 << DIRTY | 1 << SWAPCACHE); /* the bit, of a file's page */
	add_task(s, 0, OBJECT_FOLIO, a);
	add_task(s, 0, OBJECT_FOLIO, b);
	add_task(s, 0, OBJECT_FOLIO, a);
	g_assert_true(view_waited_snapshot(&f.g, s));
	g_assert_cmpuint(s->folios->len, ==, 2);

	const struct folio_facts *folio = &g_array_index(s->folios, struct folio_facts, 0);

	g_assert_cmphex(folio[0].address, ==, a);
	g_assert_true(!folio[0].locked && folio[0].writeback && folio[0].swapcache);
	g_assert_true(folio[1].locked && folio[1].dirty && !folio[1].writeback);
	g_assert_false(folio[1].swapcache);

	add_task(s, 0, OBJECT_FOLIO, FAKE_WILD);
	g_assert_false(view_waited_snapshot(&f.g, s));
}

/* Called by a symbol, by what points to it, or by its slab cache. */
static void test_mempools(void)
{
	g_auto(fake_guest) f = { 0 };
	SCOPED(snapshot) s = snapshot_new();

	fake_guest_init(&f);
	f.g.at.mempool_min_nr = 0;
	f.g.at.mempool_curr_nr = 4;
	f.g.at.mempool_alloc = 8;
	f.g.at.mempool_data = 16;
	f.g.at.cache_name = 0;

	guint64 slab_alloc = fake_function(&f, "mempool_alloc_slab");
	guint64 bios = fake_alloc(&f, 64), pointed = fake_alloc(&f, 2048) + 1984;
	guint64 variable = fake_alloc(&f, 8), cached = fake_alloc(&f, 2048) + 1984;
	guint64 cache = fake_alloc(&f, 8), nameless = fake_alloc(&f, 64);

	fake_symbol(&f, "fs_bio_set", 'b', bios);
	fake_symbol(&f, "sio_pool", 'b', variable);
	fake_u64(&f, variable, pointed);
	fake_u64(&f, cached + 8, slab_alloc);
	fake_u64(&f, cached + 16, cache);
	fake_u64(&f, cache, fake_text(&f, "bio-256"));
	fake_u32(&f, bios + 16, 2);

	add_task(s, 0, OBJECT_MEMPOOL, bios + 16);
	add_task(s, 0, OBJECT_MEMPOOL, pointed);
	add_task(s, 0, OBJECT_MEMPOOL, cached);
	add_task(s, 0, OBJECT_MEMPOOL, nameless);
	g_assert_true(view_waited_snapshot(&f.g, s));
	g_assert_cmpuint(s->mempools->len, ==, 4);

	static const char *const names[] = { "fs_bio_set", "sio_pool", "bio-256", "" };

	for (guint i = 0; i < 4; i++)
		g_assert_cmpstr(g_array_index(s->mempools, struct mempool_facts, i).name, ==,
				names[i]);
	g_assert_cmpuint(g_array_index(s->mempools, struct mempool_facts, 0).min_nr, ==, 2);
}

static void test_reclaim(void)
{
	g_auto(fake_guest) f = { 0 };
	SCOPED(snapshot) s = snapshot_new();

	fake_guest_init(&f);
	f.g.at.lacks_reclaim = NULL;
	f.g.at.task_reclaim_state = 0;
	f.g.at.task_stack = 8;
	f.g.at.task_in_memstall = (struct types_bits){ 16, 5, 1 };
	f.g.at.scan_reclaim_state = 32;
	f.g.at.scan_gfp = 0;
	f.g.at.scan_order = (struct types_bits){ 4, 0, 8 };
	f.g.at.scan_priority = (struct types_bits){ 5, 0, 8 };
	f.g.at.scan_reclaimed = 8;

	guint64 task = fake_alloc(&f, TASK_BYTES), other = fake_alloc(&f, TASK_BYTES);
	guint64 scan = FAKE_DIRECT_MAP + STACK_AT + 0x1000;

	fake_u64(&f, task, scan + 32);
	fake_u64(&f, task + 8, FAKE_DIRECT_MAP + STACK_AT);
	fake_u32(&f, task + 16, 1 << 5);
	fake_u32(&f, other + 16, ~(1u << 5));
	fake_u32(&f, scan, 0xcc0);
	fake_write(&f, scan + 4, "\x03\xff", 2); /* order 3, priority -1: past the last one */
	fake_u64(&f, scan + 8, 77);
	add_task(s, task, OBJECT_NONE, 0);
	add_task(s, other, OBJECT_NONE, 0);
	g_assert_true(view_reclaim_snapshot(&f.g, s->tasks));

	const struct task_facts *t = &g_array_index(s->tasks, struct task_facts, 0);

	g_assert_true(t[0].reclaiming && t[0].in_memstall);
	g_assert_cmphex(t[0].reclaim_gfp, ==, 0xcc0);
	g_assert_cmpint(t[0].reclaim_order, ==, 3);
	g_assert_cmpint(t[0].reclaim_priority, ==, -1);
	g_assert_cmpint(t[0].reclaim_done_pages, ==, 77);
	g_assert_true(!t[1].reclaiming && !t[1].in_memstall);

	/* A scan_control that lies on no stack of the task's is not believed. */
	fake_u64(&f, other, scan + 32);
	fake_u64(&f, other + 8, FAKE_DIRECT_MAP + 16 * STACK_AT);
	g_assert_false(view_reclaim_snapshot(&f.g, s->tasks));
	g_assert_false(t[1].reclaiming);
}

static void test_cgroup(void)
{
	g_auto(fake_guest) f = { 0 };
	SCOPED(snapshot) s = snapshot_new();

	fake_guest_init(&f);
	f.g.at.task_cgroups = f.g.at.css_set_cgroup = f.g.at.cgroup_kn = f.g.at.kernfs_name = 0;

	guint64 chain[2][4];

	for (guint i = 0; i < 2; i++) {
		for (guint k = 0; k < 4; k++)
			chain[i][k] = fake_alloc(&f, 8);
		for (guint k = 0; k < 3; k++)
			fake_u64(&f, chain[i][k], chain[i][k + 1]);
		add_task(s, chain[i][0], OBJECT_NONE, 0);
	}
	fake_u64(&f, chain[0][3], fake_text(&f, ""));
	fake_u64(&f, chain[1][3], fake_text(&f, "pressure"));
	g_assert_true(view_reclaim_snapshot(&f.g, s->tasks));

	const struct task_facts *t = &g_array_index(s->tasks, struct task_facts, 0);

	g_assert_cmpstr(t[0].cgroup, ==, "/");
	g_assert_cmpstr(t[1].cgroup, ==, "pressure");
	fake_u64(&f, chain[1][1], FAKE_WILD);
	g_assert_false(view_reclaim_snapshot(&f.g, s->tasks));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-waited/folios", test_folios);
	g_test_add_func("/view-waited/mempools", test_mempools);
	g_test_add_func("/view-reclaim/scan-control", test_reclaim);
	g_test_add_func("/view-reclaim/cgroup", test_cgroup);
	return g_test_run();
}
