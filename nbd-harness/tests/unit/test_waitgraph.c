// SPDX-License-Identifier: GPL-2.0-only
/* The wait graph on snapshots made by hand: true knots, and waits that only look like one. */
#include <glib.h>
#include <string.h>

#include "judge/waitgraph.h"

#define TASK(i) (0xffff888000100000ull + (i)*0x1000)

/* Add a task that sleeps in @stack (innermost first, NULL-terminated); returns its address. */
static guint64 add_task(struct snapshot *s, const char *comm, const char *const *stack)
{
	struct task_facts t = { .address = TASK(s->tasks->len),
				.pid = 10 + s->tasks->len,
				.state = 2,
				.switches = 100 };

	t.tgid = t.pid;
	g_strlcpy(t.comm, comm, sizeof(t.comm));
	for (; *stack; stack++)
		t.stack[t.frames++] = (struct stack_frame){ .function = g_intern_string(*stack) };
	g_array_append_val(s->tasks, t);
	return t.address;
}

static struct task_facts *task(struct snapshot *s, guint i)
{
	return &g_array_index(s->tasks, struct task_facts, i);
}

#define STACK(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void wait_for_mutex(struct snapshot *s, guint64 waiter, const char *name, guint64 owner)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		struct task_facts *t = task(s, i);

		if (t->address != waiter)
			continue;
		t->on.kind = OBJECT_MUTEX;
		t->on.address = 0xffffffff82000000ull;
		t->on.owner = owner;
		g_strlcpy(t->on.name, name, sizeof(t->on.name));
	}
}

static struct snapshot *with_server(gboolean running)
{
	struct snapshot *s = snapshot_new();

	s->complete = TRUE;
	s->server_running = s->server_answers = running;
	return s;
}

static const struct waitgraph_hints no_hints;

static struct snapshot *two_mutexes(const char *a, const char *b)
{
	struct snapshot *s = with_server(TRUE);
	guint64 first = add_task(
		s, a, STACK("__schedule", "schedule", "__mutex_lock.constprop.0", a, "kthread"));
	guint64 second = add_task(
		s, b, STACK("__schedule", "schedule", "__mutex_lock.constprop.0", b, "kthread"));
	guint64 innocent =
		add_task(s, "toucher",
			 STACK("schedule", "__mutex_lock", "swap_writepage", "try_to_free_pages"));

	wait_for_mutex(s, first, "lock_b", second);
	wait_for_mutex(s, second, "lock_a", first);
	wait_for_mutex(s, innocent, "lock_a", first);
	return s;
}

static void test_two_mutexes(void)
{
	SCOPED(snapshot) s = two_mutexes("alpha", "beta");
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_true(waitgraph_has_knot(g));
	/* The innocent waiter is stuck, but nobody waits for it. */
	g_assert_cmpuint(g->knot_size, ==, 2);
	g_assert_cmpstr(signature, ==, "mutex lock_a <- alpha; mutex lock_b <- beta");
}

static void test_names_make_no_difference_to_finding(void)
{
	g_autofree char *a = g_strdup_printf("n%08x", g_test_rand_int());
	g_autofree char *b = g_strdup_printf("n%08x", g_test_rand_int());
	SCOPED(snapshot) s = two_mutexes(a, b);
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_true(waitgraph_has_knot(g));
	g_assert_nonnull(strstr(signature, a));
	g_assert_nonnull(strstr(signature, b));
}

/* The 6.12 virtio-net deadlock; with @on_mempool the refill waits for memory instead of the lock.
 */
static struct snapshot *refill(gboolean on_mempool, gboolean server)
{
	struct snapshot *s = with_server(server);
	struct napi_facts napi = { .device = "eth0", .poll = "virtnet_poll", .disabled = TRUE };
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	guint64 holder = add_task(s, "kswapd0",
				  STACK("schedule", "sk_stream_wait_memory", "tcp_sendmsg_locked",
					"nbd_send_cmd", "nbd_queue_rq", "swap_writepage",
					"shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	guint64 refiller =
		on_mempool ? add_task(s, "kworker/0:1",
				      STACK("io_schedule_timeout", "mempool_alloc_noprof",
					    "bio_alloc_bioset", "__swap_writepage",
					    "try_to_free_pages", "try_fill_recv", "refill_work",
					    "process_one_work", "worker_thread", "kthread"))
			   : add_task(s, "kworker/0:1",
				      STACK("schedule", "__mutex_lock", "nbd_queue_rq",
					    "swap_writepage", "try_to_free_pages", "try_fill_recv",
					    "refill_work", "process_one_work", "worker_thread",
					    "kthread"));

	if (!on_mempool)
		wait_for_mutex(s, refiller, "nbd0 socket 0 tx_lock", holder);
	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));
	add_task(s, "kworker/u8:2",
		 STACK("schedule", "sk_wait_data", "tcp_recvmsg", "recv_work", "process_one_work",
		       "worker_thread", "kthread"));
	add_task(s, "kworker/1:0", STACK("schedule", "worker_thread", "kthread"));
	g_array_append_val(s->napis, napi);
	g_array_append_val(s->requests, request);
	return s;
}

static void test_refill(void)
{
	SCOPED(snapshot) by_lock = refill(FALSE, TRUE);
	SCOPED(snapshot) by_memory = refill(TRUE, TRUE);
	SCOPED(waitgraph) g = waitgraph_build(by_lock, &no_hints);
	SCOPED(waitgraph) h = waitgraph_build(by_memory, &no_hints);
	g_autofree char *signature = waitgraph_signature(g);
	g_autofree char *other = waitgraph_signature(h);

	g_assert_true(waitgraph_has_knot(g));
	g_assert_true(waitgraph_has_knot(h));
	g_assert_cmpstr(signature, ==, "napi(virtnet_poll) <- refill_work in reclaim");
	/* One bug, whichever wait the refill got caught in. */
	g_assert_cmpstr(signature, ==, other);
}

/* The refill worker may be the one that holds the lock and sends: the same bug. */
static void test_refill_sends_itself(void)
{
	SCOPED(snapshot) s = refill(FALSE, TRUE);
	struct task_facts *refiller = task(s, 1);

	refiller->stack[1].function = "sk_stream_wait_memory";
	refiller->on = (struct wait_object){ 0 };

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_true(waitgraph_has_knot(g));
	g_assert_cmpstr(signature, ==, "napi(virtnet_poll) <- refill_work in reclaim");
}

static void test_stopped_server(void)
{
	SCOPED(snapshot) s = with_server(FALSE);
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };

	g_array_append_val(s->requests, request);
	add_task(s, "kswapd0",
		 STACK("schedule", "sk_stream_wait_memory", "nbd_send_cmd", "nbd_queue_rq",
		       "balance_pgdat", "kswapd", "kthread"));
	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_true(g->peer_stuck);
	g_assert_false(waitgraph_has_knot(g));
}

/* A server that can act, requests in flight, nobody's reception disabled: just slow. */
static void test_slow_io(void)
{
	SCOPED(snapshot) s = with_server(TRUE);
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };

	g_array_append_val(s->requests, request);
	add_task(s, "anon", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_false(waitgraph_has_knot(g));
}

static void test_idle_guest(void)
{
	SCOPED(snapshot) s = with_server(TRUE);

	add_task(s, "init", STACK("schedule", "do_nanosleep", "hrtimer_nanosleep"));
	add_task(s, "kswapd0", STACK("schedule", "kswapd", "kthread"));
	add_task(s, "kworker/0:0", STACK("schedule", "worker_thread", "kthread"));

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_false(waitgraph_has_knot(g));
	g_assert_cmpuint(g->knot_size, ==, 0);
}

/* Everybody waits for memory, but one reclaimer still runs: it may free some. */
static void test_one_reclaimer_runs(void)
{
	SCOPED(snapshot) s = with_server(TRUE);

	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));
	add_task(s, "kswapd0", STACK("shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	task(s, 1)->state = 0;

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_false(waitgraph_has_knot(g));
}

/* What we can't explain is free: no knot is made of ignorance. */
static void test_unknown_wait_frees(void)
{
	SCOPED(snapshot) s = two_mutexes("alpha", "beta");

	task(s, 1)->on.owner = 0;

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_false(waitgraph_has_knot(g));
}

/* Retransmissions in vain: what the peer sends finds no memory, and memory waits for the peer. */
static void test_receive_starves(void)
{
	SCOPED(snapshot) s = with_server(TRUE);
	struct waitgraph_hints hints = { .receive_in_vain = TRUE };
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	struct napi_facts napi = { .device = "eth0", .poll = "virtnet_poll", .rx_posted = 0 };

	g_array_append_val(s->requests, request);
	g_array_append_val(s->napis, napi);
	add_task(s, "kswapd0",
		 STACK("schedule", "sk_stream_wait_memory", "nbd_send_cmd", "nbd_queue_rq",
		       "balance_pgdat", "kswapd", "kthread"));

	SCOPED(waitgraph) patient = waitgraph_build(s, &no_hints);
	SCOPED(waitgraph) g = waitgraph_build(s, &hints);

	g_assert_false(waitgraph_has_knot(patient));
	g_assert_true(waitgraph_has_knot(g));

	/* The ring was filled again, or is of a driver that we can't read: TCP is backing off. */
	for (gint posted = -1; posted <= 256; posted += 257) {
		g_array_index(s->napis, struct napi_facts, 0).rx_posted = posted;

		SCOPED(waitgraph) backoff = waitgraph_build(s, &hints);

		g_assert_false(waitgraph_has_knot(backoff));
	}
}

static void test_persistence(void)
{
	SCOPED(snapshot) a = two_mutexes("alpha", "beta");
	SCOPED(snapshot) b = two_mutexes("alpha", "beta");
	SCOPED(snapshot) moved = two_mutexes("alpha", "beta");
	SCOPED(waitgraph) g = waitgraph_build(a, &no_hints);
	SCOPED(waitgraph) h = waitgraph_build(b, &no_hints);

	g_assert_true(waitgraph_same_knot(g, a, h, b));
	task(moved, 1)->switches++;

	SCOPED(waitgraph) m = waitgraph_build(moved, &no_hints);

	g_assert_true(waitgraph_has_knot(m));
	g_assert_false(waitgraph_same_knot(g, a, m, moved));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/waitgraph/two-mutexes", test_two_mutexes);
	g_test_add_func("/waitgraph/made-up-names", test_names_make_no_difference_to_finding);
	g_test_add_func("/waitgraph/refill", test_refill);
	g_test_add_func("/waitgraph/refill-sends-itself", test_refill_sends_itself);
	g_test_add_func("/waitgraph/receive-starves", test_receive_starves);
	g_test_add_func("/waitgraph/stopped-server", test_stopped_server);
	g_test_add_func("/waitgraph/slow-io", test_slow_io);
	g_test_add_func("/waitgraph/idle-guest", test_idle_guest);
	g_test_add_func("/waitgraph/one-reclaimer-runs", test_one_reclaimer_runs);
	g_test_add_func("/waitgraph/unknown-wait-frees", test_unknown_wait_frees);
	g_test_add_func("/waitgraph/persistence", test_persistence);
	return g_test_run();
}
