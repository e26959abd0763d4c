// SPDX-License-Identifier: GPL-2.0-only
/* From a wait graph to a picture: the ring that explains a knot, folding, dot's text, clean SVG. */
#include <glib.h>
#include <string.h>

#include "fake_snapshot.h"
#include "report/dot.h"
#include "report/fold.h"
#include "report/ring.h"
#include "report/stacks.h"

static const struct waitgraph_hints no_hints;

static void wait_for_mutex(struct task_facts *t, const char *name, guint64 owner)
{
	t->on.kind = OBJECT_MUTEX;
	t->on.address = 0xffffffff82000000ull;
	t->on.owner = owner;
	g_strlcpy(t->on.name, name, sizeof(t->on.name));
}

/*
 * Memory is in the knot, and with it everybody in reclaim: the refill worker
 * waits for memory, a sender for an ACK, @throttled tasks for memory and
 * @behind ones for the sender's lock.
 */
static struct snapshot *wedged(guint throttled, guint behind)
{
	struct snapshot *s = fake_snapshot(TRUE);
	struct napi_facts napi = { .device = "eth0", .poll = "virtnet_poll", .disabled = TRUE };
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	guint64 sender;

	fake_task(s, "kworker/0:1",
		  STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages", "try_fill_recv",
			"refill_work", "process_one_work", "worker_thread", "kthread"));
	sender = fake_task(s, "kswapd0",
			   STACK("schedule", "sk_stream_wait_memory", "nbd_send_cmd",
				 "nbd_queue_rq", "swap_writepage", "shrink_node", "balance_pgdat",
				 "kswapd", "kthread"))
			 ->address;
	for (guint i = 0; i < throttled; i++)
		fake_task(s, "anon",
			  STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));
	for (guint i = 0; i < behind; i++)
		wait_for_mutex(fake_task(s, "anon",
					 STACK("schedule", "__mutex_lock", "nbd_queue_rq",
					       "try_to_free_pages")),
			       "nbd0 socket 0 tx_lock", sender);
	g_array_append_val(s->napis, napi);
	g_array_append_val(s->requests, request);
	return s;
}

static const struct fold_node *find(const struct fold *f, const char *title)
{
	for (guint i = 0; i < f->nodes->len; i++) {
		if (!strcmp(fold_node_at(f, i)->title, title))
			return fold_node_at(f, i);
	}
	return NULL;
}

/* The ring begins with who disabled reception, and leaves out those who merely reclaim as well. */
static void test_ring(void)
{
	static const char *const ring[] = { "kworker/0:1:10", "MEMORY", "kswapd0:11", "NETWORK",
					    "NAPI eth0 (virtnet_poll)" };
	SCOPED(snapshot) s = wedged(3, 2);
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	g_assert_true(waitgraph_has_knot(g));
	g_assert_cmpuint(g->knot_size, >, G_N_ELEMENTS(ring));
	for (guint i = 0; i < G_N_ELEMENTS(ring); i++) {
		g_assert_cmpstr(fold_node_at(f, i)->title, ==, ring[i]);
		g_assert_true(fold_node_at(f, i)->hot);
	}
	g_assert_false(fold_node_at(f, G_N_ELEMENTS(ring))->hot);
}

static void test_folding_counts(void)
{
	SCOPED(snapshot) s = wedged(6, 4);
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);
	const struct fold_node *throttled = find(f, "6 x anon"), *behind = find(f, "4 x anon");

	g_assert_nonnull(throttled);
	g_assert_cmpuint(throttled->members->len, ==, 6);
	g_assert_nonnull(behind);
	g_assert_cmpuint(behind->members->len, ==, 4);
	g_assert_cmpstr(find(f, "MEMORY")->detail, ==, "any of 13: all stuck");
	g_assert_cmpuint(f->left_out, ==, 0);
}

/* Two locks in opposite order: both are on the ring, the one behind is not. */
static void test_two_mutexes(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	guint64 first, second;

	first = fake_task(s, "alpha", STACK("schedule", "__mutex_lock", "alpha", "kthread"))
			->address;
	second =
		fake_task(s, "beta", STACK("schedule", "__mutex_lock", "beta", "kthread"))->address;
	fake_task(s, "gamma", STACK("schedule", "__mutex_lock", "gamma", "kthread"));
	wait_for_mutex(&g_array_index(s->tasks, struct task_facts, 0), "b", second);
	wait_for_mutex(&g_array_index(s->tasks, struct task_facts, 1), "a", first);
	wait_for_mutex(&g_array_index(s->tasks, struct task_facts, 2), "a", first);

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	g_assert_cmpuint(f->nodes->len, ==, 3);
	g_assert_true(find(f, "alpha:10")->hot);
	g_assert_true(find(f, "beta:11")->hot);
	g_assert_false(find(f, "gamma:12")->hot);
	g_assert_true(find(f, "gamma:12")->stuck);
}

static void wait_for_completion(struct task_facts *t, const char *name, guint64 address)
{
	t->on.kind = OBJECT_COMPLETION;
	t->on.address = address;
	g_strlcpy(t->on.name, name, sizeof(t->on.name));
}

/* What nobody is in charge of: told by way of the waiter that keeps others from going on. */
static void test_nobody(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	guint64 keeper;

	for (guint i = 0; i < 3; i++)
		wait_for_completion(
			fake_task(s, "anon",
				  STACK("schedule", "wait_for_completion", "shrink_node", "f")),
			"lost", 0xffffffff82001000);
	keeper = g_array_index(s->tasks, struct task_facts, 2).address;
	wait_for_mutex(fake_task(s, "behind", STACK("schedule", "__mutex_lock", "shrink_node")),
		       "m", keeper);

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	g_assert_cmpstr(fold_node_at(f, 0)->title, ==, "anon:12");
	g_assert_cmpstr(fold_node_at(f, 1)->title, ==, "completion lost");
	g_assert_cmpstr(fold_node_at(f, 2)->title, ==, "NOBODY");
	g_assert_true(fold_node_at(f, 2)->hot);
	g_assert_false(find(f, "2 x anon")->hot);
	g_assert_nonnull(find(f, "behind:13"));
}

/* Each waiter has an object of its own, all of which are up to one worker: one picture of it. */
static void test_folding_objects(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct work_facts work = { .workqueue = "wq",
				   .state = WORK_BEHIND,
				   .worker = 0xffff888000100000 };

	wait_for_mutex(fake_task(s, "worker", STACK("schedule", "__mutex_lock", "f", "kthread")),
		       "m", 0xffff888000101000);
	wait_for_mutex(fake_task(s, "other", STACK("schedule", "__mutex_lock", "g", "kthread")),
		       "n", 0xffff888000100000);
	for (guint i = 0; i < 4; i++) {
		work.address = work.completion = 0xffffc90000001000 + i * 0x100;
		g_array_append_val(s->works, work);
		wait_for_completion(fake_task(s, "anon",
					      STACK("schedule", "wait_for_completion",
						    "__flush_work", "shrink_node")),
				    "", work.completion);
	}

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	g_assert_cmpuint(f->nodes->len, ==, 4);
	g_assert_nonnull(find(f, "4 x anon"));
	g_assert_nonnull(find(f, "4 x work on wq (behind)"));
	g_assert_true(find(f, "worker:10")->hot);
}

/* More than anybody reads: the picture stays small and says what it left out. */
static void test_crowd(void)
{
	SCOPED(snapshot) s = wedged(1, 1);

	for (guint i = 0; i < 3 * FOLD_NODES_MAX; i++) {
		g_autofree char *lock = g_strdup_printf("lock%c%c", 'a' + i % 26, 'a' + i / 26);

		wait_for_mutex(fake_task(s, "crowd", STACK("schedule", "__mutex_lock", "f")), lock,
			       g_array_index(s->tasks, struct task_facts, 1).address);
	}

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	g_assert_cmpuint(f->nodes->len, ==, FOLD_NODES_MAX);
	g_assert_cmpuint(f->left_out, >, 2 * FOLD_NODES_MAX);
}

static void test_stacks(void)
{
	SCOPED(snapshot) s = wedged(3, 2);

	fake_task(s, "idle", STACK("schedule", "worker_thread", "kthread"));

	SCOPED(waitgraph) h = waitgraph_build(s, &no_hints);
	g_autoptr(GArray) busy = stack_groups(h, s, FALSE);
	g_autoptr(GArray) all = stack_groups(h, s, TRUE);
	guint tasks = 0;

	g_assert_cmpuint(busy->len, ==, 4);
	g_assert_cmpuint(all->len, ==, 5);
	for (guint i = 0; i < all->len; i++)
		tasks += g_array_index(all, struct stack_group, i).nodes->len;
	g_assert_cmpuint(tasks, ==, s->tasks->len);
	g_assert_true(g_array_index(all, struct stack_group, 0).knot);
	g_assert_false(g_array_index(all, struct stack_group, 4).knot);
}

static char *dot_of(struct snapshot *s)
{
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(fold) f = fold_graph(g, s);

	return dot_text(f);
}

/* Equal knots give equal text, whatever the addresses are. */
static void test_dot_is_stable(void)
{
	SCOPED(snapshot) s = wedged(3, 2);
	SCOPED(snapshot) t = wedged(3, 2);
	g_autofree char *a = dot_of(s), *b = NULL;

	for (guint i = 0; i < t->tasks->len; i++) {
		struct task_facts *task = &g_array_index(t->tasks, struct task_facts, i);

		task->address += 0x5000000;
		if (task->on.owner)
			task->on.owner += 0x5000000;
	}
	b = dot_of(t);
	g_assert_cmpstr(a, ==, b);
	g_assert_nonnull(strstr(a, "n0 [shape=box, class=\"hot\""));
	g_assert_nonnull(strstr(a, "3 x anon"));
}

/* Names are the guest's: they must not end a string, nor be an escape of dot's. */
static void test_dot_quotes(void)
{
	SCOPED(snapshot) s = wedged(0, 0);
	g_autofree char *text = NULL;

	g_strlcpy(g_array_index(s->tasks, struct task_facts, 0).comm, "a\"b\\N\x1b<i>", 17);
	text = dot_of(s);
	g_assert_nonnull(strstr(text, "a\\\"b\\\\N?<i>"));
	g_assert_null(strchr(text, 0x1b));
}

static void test_svg_clean(void)
{
	static const char svg[] =
		"<?xml version=\"1.0\"?><!-- c --><svg width=\"30pt\" viewBox=\"0 0 1 1\" "
		"onload=\"x()\"><script>alert(1)</script><g class=\"node hot\"><title>n0</title>"
		"<a xlink:href=\"javascript:x()\" xlink:title=\"&lt;b&gt; &amp; tip\">"
		"<polygon fill=\"red\" style=\"x\" points=\"0,0 1,1\"/>"
		"<text x=\"1\">&lt;script&gt;</text></a></g><foreignObject><p/></foreignObject>"
		"</svg>";
	g_autofree char *clean = svg_clean(svg, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(clean, ==,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" role=\"img\" "
			"aria-label=\"Wait graph\" viewBox=\"0 0 1 1\"><g class=\"node hot\"><g>"
			"<title>&lt;b&gt; &amp; tip</title><polygon points=\"0,0 1,1\"></polygon>"
			"<text x=\"1\">&lt;script&gt;</text></g></g></svg>");
	g_assert_null(svg_clean("<svg><g></svg>", &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fold/ring", test_ring);
	g_test_add_func("/fold/counts", test_folding_counts);
	g_test_add_func("/fold/two-mutexes", test_two_mutexes);
	g_test_add_func("/fold/nobody", test_nobody);
	g_test_add_func("/fold/objects", test_folding_objects);
	g_test_add_func("/fold/crowd", test_crowd);
	g_test_add_func("/fold/stacks", test_stacks);
	g_test_add_func("/fold/dot-is-stable", test_dot_is_stable);
	g_test_add_func("/fold/dot-quotes", test_dot_quotes);
	g_test_add_func("/fold/svg-clean", test_svg_clean);
	return g_test_run();
}
