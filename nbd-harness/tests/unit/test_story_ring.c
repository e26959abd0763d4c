// SPDX-License-Identifier: GPL-2.0-only
/* The ring in words: one sentence for each of its nodes, said once, and by whom it is held. */
#include <glib.h>
#include <string.h>

#include "fake_snapshot.h"
#include "report/story_ring.h"
#include "report/text_parts.h"

static const struct waitgraph_hints no_hints;

static void wait_on(struct task_facts *t, enum object_kind kind, guint64 address, const char *name,
		    guint64 owner)
{
	t->on = (struct wait_object){ .kind = kind, .address = address, .owner = owner };
	g_strlcpy(t->on.name, name, sizeof(t->on.name));
}

static char *story_of(const struct snapshot *s)
{
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);
	GString *story = g_string_new(NULL);

	g_assert_true(waitgraph_has_knot(g));
	story_add_ring(story, f);
	return g_string_free(story, FALSE);
}

/* Two rings that meet in memory: the refill's, and a lock's. */
static void test_closes_once(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct napi_facts napi = { .device = "eth0", .poll = "virtnet_poll", .disabled = TRUE };
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	guint64 holder;
	g_autofree char *story = NULL;

	fake_task(s, "kworker/0:1",
		  STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages", "refill_work",
			"process_one_work", "worker_thread", "kthread"));
	holder = fake_task(s, "holder",
			   STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"))
			 ->address;
	wait_on(fake_task(s, "waiter", STACK("schedule", "__mutex_lock", "try_to_free_pages")),
		OBJECT_MUTEX, 0xffffffff82000000, "m", holder);
	g_array_append_val(s->napis, napi);
	g_array_append_val(s->requests, request);

	story = story_of(s);

	g_auto(GStrv) parts = g_strsplit(story, "there the ring closes", -1);

	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	g_assert_nonnull(strstr(story, "Any of 4 could free some; all are stuck, "));
	g_assert_nonnull(strstr(story, "to be received by NAPI eth0 (virtnet_poll)."));
}

/* One task has all requests and wants a lock, whose holder wants a request. */
static struct snapshot *tags_taken(guint found)
{
	struct snapshot *s = fake_snapshot(TRUE);
	struct tags_facts tags = { "nbd0", 0xffff888000008000, 64, 64, 0 };
	struct holder_facts h = { tags.queue, 0xffff888000100000, found, "held on a list,",
				  0xffffc90000123e00 };

	wait_on(fake_task(s, "holder", STACK("schedule", "__mutex_lock", "holder_fn", "kthread")),
		OBJECT_MUTEX, 0xffffffff82000000, "m", 0xffff888000101000);
	wait_on(fake_task(s, "waiter", STACK("schedule", "blk_mq_get_tag", "waiter_fn", "kthread")),
		OBJECT_TAGS, tags.queue, "nbd0", 0);
	g_array_append_val(s->tags, tags);
	g_array_append_val(s->holders, h);
	return s;
}

static void test_holders(void)
{
	SCOPED(snapshot) told = tags_taken(64);
	SCOPED(snapshot) untold = tags_taken(63);
	g_autofree char *story = story_of(told), *riddle = story_of(untold);

	g_assert_cmpstr(story, ==,
			"holder:10 (holder_fn) waits for mutex m, held by waiter:11. waiter:11 "
			"(waiter_fn) waits for a free request (tags of nbd0). One of 64 requests "
			"held by holder:10 would do: there the ring closes. Nothing outside can "
			"untie it.");
	g_assert_cmpstr(riddle, ==,
			"waiter:11 (waiter_fn) waits for a free request (tags of nbd0). Who holds "
			"the 64 requests that are taken cannot be read; all who might are stuck or "
			"idle. Nothing outside can untie it.");
}

static void test_nobody(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	g_autofree char *story = NULL;

	wait_on(fake_task(s, "anon", STACK("schedule", "wait_for_completion", "shrink_node", "f")),
		OBJECT_COMPLETION, 0xffffffff82001000, "lost", 0);
	story = story_of(s);
	g_assert_cmpstr(story, ==,
			"anon:10 (in reclaim) waits for completion lost. Nobody who still moves is "
			"in charge of completion lost. Nothing outside can untie it.");
}

/* In the list, too: each task once, with all that it waits for. */
static void test_list(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct mempool_facts pool = { 0xffff888000009000, "pool", "", 4, 0 };
	struct holder_facts h = { pool.address, 0xffff888000100000, 4, "held by address,",
				  0xffffc90000123e00 };
	g_autoptr(GString) hot = g_string_new(NULL);
	g_autoptr(GString) behind = g_string_new(NULL);

	wait_on(fake_task(s, "holder",
			  STACK("io_schedule_timeout", "mempool_alloc_noprof", "holder_fn",
				"kthread")),
		OBJECT_MEMPOOL, pool.address, "pool", 0);
	wait_on(fake_task(s, "anon",
			  STACK("io_schedule_timeout", "mempool_alloc_noprof", "__swap_writepage",
				"try_to_free_pages")),
		OBJECT_MEMPOOL, pool.address, "pool", 0);
	g_array_append_val(s->mempools, pool);
	g_array_append_val(s->holders, h);

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	text_waits(hot, f, WAITS_HOT);
	text_waits(behind, f, WAITS_STUCK);
	g_assert_cmpstr(hot->str, ==,
			"  holder:10 [holder_fn]\n"
			"      waits for an element: mempool pool   [mempool_alloc_noprof: 0 of 4 "
			"left]\n"
			"      or for memory: MEMORY   [mempool_alloc_noprof]\n"
			"  mempool pool\n"
			"      waits for one of 4 elements: holder:10   [held by address, "
			"0xffffc90000123e00]\n");
	g_assert_cmpstr(behind->str, ==,
			"  anon:11 [in reclaim]\n"
			"      waits for an element: mempool pool   [mempool_alloc_noprof: 0 of 4 "
			"left]\n"
			"      or for memory: MEMORY   [mempool_alloc_noprof]\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/story-ring/closes-once", test_closes_once);
	g_test_add_func("/story-ring/holders", test_holders);
	g_test_add_func("/story-ring/nobody", test_nobody);
	g_test_add_func("/story-ring/list", test_list);
	return g_test_run();
}
