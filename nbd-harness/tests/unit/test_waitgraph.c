// SPDX-License-Identifier: GPL-2.0-only
/* The wait graph on snapshots made by hand: true knots, and waits that only look like one. */
#include <glib.h>
#include <string.h>

#include "fake_snapshot.h"
#include "judge/waitgraph.h"

static guint64 add_task(struct snapshot *s, const char *comm, const char *const *stack)
{
	return fake_task(s, comm, stack)->address;
}

static struct task_facts *task(struct snapshot *s, guint i)
{
	return &g_array_index(s->tasks, struct task_facts, i);
}

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

static const struct waitgraph_hints no_hints;

static struct snapshot *two_mutexes(const char *a, const char *b)
{
	struct snapshot *s = fake_snapshot(TRUE);
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
	struct snapshot *s = fake_snapshot(server);
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
	SCOPED(snapshot) s = fake_snapshot(FALSE);
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
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };

	g_array_append_val(s->requests, request);
	add_task(s, "anon", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	g_assert_false(waitgraph_has_knot(g));
}

static void test_idle_guest(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);

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
	SCOPED(snapshot) s = fake_snapshot(TRUE);

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
	SCOPED(snapshot) s = fake_snapshot(TRUE);
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

	/* There are buffers; but what comes in with them is lost for want of memory further up. */
	hints.arrivals_lost = TRUE;

	SCOPED(waitgraph) lost = waitgraph_build(s, &hints);

	g_autofree char *signature = waitgraph_signature(lost);

	g_assert_true(waitgraph_has_knot(lost));
	g_assert_cmpstr(signature, ==, "network <- memory for packets");
}

static void wait_on(struct snapshot *s, guint i, enum object_kind kind, guint64 address,
		    const char *name)
{
	struct wait_object on = { .kind = kind, .address = address };

	g_strlcpy(on.name, name, sizeof(on.name));
	task(s, i)->on = on;
}

/* Swap-out waits for a completion that nobody who could still move might signal. */
static struct snapshot *lost_completion(const char *name)
{
	struct snapshot *s = fake_snapshot(TRUE);

	add_task(s, "kswapd0",
		 STACK("schedule", "wait_for_completion", "plant_swap_out", "__swap_writepage",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 0, OBJECT_COMPLETION, 0xffffffff82000040, name);
	add_task(s, "anon", STACK("schedule", "throttle_direct_reclaim", "try_to_free_pages"));
	add_task(s, "init", STACK("schedule", "do_nanosleep", "hrtimer_nanosleep"));
	add_task(s, "kworker/0:0", STACK("schedule", "worker_thread", "kthread"));
	return s;
}

static char *signature_of(const struct snapshot *s)
{
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);

	return waitgraph_has_knot(g) ? waitgraph_signature(g) : g_strdup("no knot");
}

static void test_lost_completion(void)
{
	SCOPED(snapshot) named = lost_completion("done_by_noone");
	SCOPED(snapshot) nameless = lost_completion("");
	g_autofree char *a = signature_of(named), *b = signature_of(nameless), *c, *d;

	g_assert_cmpstr(a, ==, "completion done_by_noone <- nobody");
	g_assert_cmpstr(b, ==, "completion of plant_swap_out <- nobody");

	/* As long as a thread is awake, or sleeps for reasons unknown, it might be the one. */
	task(named, 3)->state = 0;
	c = signature_of(named);
	g_assert_cmpstr(c, ==, "no knot");
	task(nameless, 3)->stack[1].function = "mystery";
	d = signature_of(nameless);
	g_assert_cmpstr(d, ==, "no knot");
}

/* A parent waits for its child as long as it likes; one that can't be killed must not. */
static void test_completion_out_of_reclaim(void)
{
	SCOPED(snapshot) s = lost_completion("x");
	g_autofree char *signature = NULL, *unkillable = NULL;

	task(s, 0)->stack[3].function = "kernel_clone";
	task(s, 0)->stack[4].function = "x64_sys_call";
	task(s, 0)->stack[5].function = "do_syscall_64";
	task(s, 1)->stack[1].function = "do_nanosleep"; /* instead of reclaim */
	task(s, 1)->frames = 2;
	unkillable = signature_of(s);
	g_assert_cmpstr(unkillable, ==, "completion x <- nobody");
	task(s, 0)->state |= 0x100; /* TASK_WAKEKILL */
	signature = signature_of(s);
	g_assert_cmpstr(signature, ==, "no knot");
}

static void test_lost_writeback(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	g_autofree char *lost = NULL, *under_way = NULL;

	add_task(s, "kswapd0",
		 STACK("io_schedule", "folio_wait_bit_common", "folio_wait_writeback",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 0, OBJECT_FOLIO, 0xffffea0000001000, "writeback");
	add_task(s, "anon", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	wait_on(s, 1, OBJECT_FOLIO, 0xffffea0000001000, "locked");
	lost = signature_of(s);
	g_assert_cmpstr(lost, ==, "folio under writeback <- nobody");

	g_array_append_val(s->requests, request);
	under_way = signature_of(s);
	g_assert_cmpstr(under_way, ==, "no knot");
}

/* A lock is held by one who waits for that folio; reading in behind the lock ends no writeback. */
static void test_lost_writeback_and_a_reader(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct folio_facts folio = { .address = 0xffffea0000001000, .writeback = TRUE };
	g_autofree char *lost = NULL, *in_hand = NULL;
	guint64 holder = add_task(s, "holder",
				  STACK("io_schedule", "folio_wait_bit_common",
					"folio_wait_writeback", "holder_fn", "kthread"));

	g_array_append_val(s->folios, folio);
	wait_on(s, 0, OBJECT_FOLIO, folio.address, "writeback");
	add_task(s, "reader", STACK("schedule", "__mutex_lock", "swap_read_folio", "do_swap_page"));
	wait_on(s, 1, OBJECT_MUTEX, 0xffffffff82000000, "lock");
	task(s, 1)->on.owner = holder;
	lost = signature_of(s);
	g_assert_cmpstr(lost, ==, "folio under writeback <- nobody");

	/* A writer that still moves may have it in its plug. */
	add_task(s, "writer", STACK("submit_bio_noacct", "swap_writepage", "shrink_folio_list"));
	task(s, 2)->state = 0;
	in_hand = signature_of(s);
	g_assert_cmpstr(in_hand, ==, "no knot");
}

static void test_tags_taken(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct tags_facts tags = { "nbd0", 0xffff888000008000, 128, 128, 0 };
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	g_autofree char *taken = NULL, *busy = NULL;

	g_array_append_val(s->tags, tags);
	add_task(s, "kswapd0",
		 STACK("io_schedule", "blk_mq_get_tag", "blk_mq_submit_bio", "swap_writepage",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 0, OBJECT_TAGS, tags.queue, "nbd0");
	add_task(s, "anon", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	taken = signature_of(s);
	g_assert_cmpstr(taken, ==, "tags of nbd <- nobody");

	/* Some of them are in flight: they will come back. */
	g_array_index(s->tags, struct tags_facts, 0).in_flight = 1;
	g_array_append_val(s->requests, request);
	busy = signature_of(s);
	g_assert_cmpstr(busy, ==, "no knot");
}

/* A swap file takes so many writes at a time (series swap-fs): as with tags, one must end. */
static void test_file_writes_taken(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct request_facts call = { .name = "WRITE xid 1", .age_ms = 9000 };
	g_autofree char *lost = NULL, *busy = NULL;

	add_task(s, "kswapd0",
		 STACK("schedule", "swap_write_unplug", "shrink_folio_list", "balance_pgdat",
		       "kswapd", "kthread"));
	add_task(s, "anon", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	lost = signature_of(s);
	g_assert_cmpstr(lost, ==, "io");

	g_array_append_val(s->requests, call);
	busy = signature_of(s);
	g_assert_cmpstr(busy, ==, "no knot");
}

static void add_holder(struct snapshot *s, guint64 object, guint64 holder, guint count)
{
	struct holder_facts h = { object, holder, count, "held by address on its stack,",
				  0xffffc90000123e00 };

	g_array_append_val(s->holders, h);
}

static gboolean evidence_says(const struct waitgraph *g, const char *words)
{
	for (guint e = 0; e < g->edges->len; e++) {
		if (strstr(g_array_index(g->edges, struct wait_edge, e).evidence, words))
			return TRUE;
	}
	return FALSE;
}

/* Who has all requests waits for a lock that another one holds, who wants a request. */
static void test_tags_held(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct tags_facts tags = { "nbd0", 0xffff888000008000, 128, 128, 0 };
	guint64 holder =
		add_task(s, "holder", STACK("schedule", "__mutex_lock", "holder_fn", "kthread"));
	guint64 waiter = add_task(s, "waiter",
				  STACK("io_schedule", "blk_mq_get_tag", "waiter_fn", "kthread"));
	g_autofree char *held = NULL, *moving = NULL;

	g_array_append_val(s->tags, tags);
	wait_for_mutex(s, holder, "lock", waiter);
	wait_on(s, 1, OBJECT_TAGS, tags.queue, "nbd0");
	add_holder(s, tags.queue, holder, 100);

	/* Some are missing: nobody knows who has those. */
	SCOPED(waitgraph) some = waitgraph_build(s, &no_hints);
	g_autofree char *unread = waitgraph_signature(some);

	g_assert_cmpstr(unread, ==, "tags of nbd <- nobody");
	g_assert_true(
		evidence_says(some, "who holds the 128 requests that are taken cannot be read"));

	add_holder(s, tags.queue, holder, 28);
	held = signature_of(s);
	g_assert_cmpstr(held, ==, "mutex lock <- waiter_fn; tags of nbd <- holder_fn");

	/* One that still runs may give its requests back. */
	task(s, 0)->state = 0;
	moving = signature_of(s);
	g_assert_cmpstr(moving, ==, "no knot");
}

static void test_elements_held(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct mempool_facts pool = { 0xffff888000009000, "pool", "cache-7", 4, 1 };
	guint64 holder = add_task(s, "holder",
				  STACK("io_schedule_timeout", "mempool_alloc_noprof", "holder_fn",
					"kthread"));
	g_autofree char *none = NULL;

	g_array_append_val(s->mempools, pool);
	wait_on(s, 0, OBJECT_MEMPOOL, pool.address, "pool");
	add_task(s, "kswapd0",
		 STACK("io_schedule_timeout", "mempool_alloc_noprof", "__swap_writepage",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 1, OBJECT_MEMPOOL, pool.address, "pool");
	none = signature_of(s);
	g_assert_cmpstr(none, ==, "mempool pool <- nobody");
	add_holder(s, pool.address, holder, 3);

	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	g_autofree char *held = waitgraph_signature(g);

	g_assert_cmpstr(held, ==, "mempool pool <- holder_fn");
	g_assert_true(evidence_says(g, "1 of 4 left, of slab cache cache-7"));

	/* Of a task that is not there. */
	g_array_index(s->holders, struct holder_facts, 0).task = 0xffff88800dead000;

	SCOPED(waitgraph) gone = waitgraph_build(s, &no_hints);
	g_autofree char *unread = waitgraph_signature(gone);

	g_assert_cmpstr(unread, ==, "mempool pool <- nobody");
	g_assert_true(
		evidence_says(gone, "who holds the 3 elements that are taken cannot be read"));
}

static void test_mempool_exhausted(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	struct mempool_facts pool = { 0xffff888000009000, "plant_pool", "", 4, 0 };
	g_autofree char *signature = NULL, *nameless = NULL;

	g_array_append_val(s->mempools, pool);
	add_task(s, "holder",
		 STACK("io_schedule_timeout", "mempool_alloc_noprof", "holder_fn", "kthread"));
	wait_on(s, 0, OBJECT_MEMPOOL, pool.address, "plant_pool");
	add_task(s, "kswapd0",
		 STACK("io_schedule_timeout", "mempool_alloc_noprof", "__swap_writepage",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 1, OBJECT_MEMPOOL, pool.address, "plant_pool");
	signature = signature_of(s);
	g_assert_cmpstr(signature, ==, "mempool plant_pool <- nobody");
	/* Without a name it goes by who wants an element for I/O, not by who came first. */
	g_array_index(s->mempools, struct mempool_facts, 0).name[0] = '\0';
	nameless = signature_of(s);
	g_assert_cmpstr(nameless, ==, "mempool of __swap_writepage <- nobody");
}

/* A work item flushes another one that may run only after it. */
static void test_flush_behind_itself(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	guint64 worker =
		add_task(s, "kworker/u8:1",
			 STACK("schedule", "wait_for_completion", "__flush_work", "outer_fn",
			       "process_one_work", "worker_thread", "kthread"));
	guint64 done = 0xffffc90000123e00;
	struct work_facts outer = { .address = 0xffff888000010000,
				    .function = "outer_fn",
				    .workqueue = "plant_wq",
				    .state = WORK_RUNNING,
				    .pool = 1,
				    .pwq = 2,
				    .worker = worker };
	struct work_facts barrier = { .address = 0xffffc90000123dd0,
				      .function = "wq_barrier_func",
				      .workqueue = "plant_wq",
				      .state = WORK_INACTIVE,
				      .pool = 1,
				      .pwq = 2,
				      .completion = done };
	g_autofree char *behind = NULL, *other = NULL;

	g_array_append_val(s->works, outer);
	g_array_append_val(s->works, barrier);
	wait_on(s, 0, OBJECT_COMPLETION, done, "");
	behind = signature_of(s);
	g_assert_cmpstr(behind, ==, "work queue <- outer_fn");

	/* Of another workqueue: it will run. */
	g_array_index(s->works, struct work_facts, 1).pwq = 3;
	other = signature_of(s);
	g_assert_cmpstr(other, ==, "no knot");
}

static void add_work(struct snapshot *s, struct work_facts work)
{
	g_array_append_val(s->works, work);
}

/*
 * The first work of an ordered queue flushes the second; @runner is what its
 * worker's stack begins with.  Swap-out flushes the first one.
 */
static struct snapshot *ordered_queue(const char *comm, const char *runner)
{
	struct snapshot *s = fake_snapshot(TRUE);
	guint64 worker = add_task(s, comm,
				  STACK("schedule", "wait_for_completion", "__flush_work",
					"outer_fn", "process_one_work", runner, "kthread"));
	guint64 first = 0xffffc90000123e00, second = 0xffffc90000223e00;

	add_task(s, "kswapd0",
		 STACK("schedule", "wait_for_completion", "__flush_work", "__swap_writepage",
		       "shrink_folio_list", "balance_pgdat", "kswapd", "kthread"));
	wait_on(s, 0, OBJECT_COMPLETION, second, "");
	wait_on(s, 1, OBJECT_COMPLETION, first, "");
	add_work(s, (struct work_facts){ .address = 0xffff888000010000,
					 .function = "outer_fn",
					 .workqueue = "ordered",
					 .state = WORK_RUNNING,
					 .pwq = 2,
					 .worker = worker,
					 .rescuer = TRUE });
	add_work(s, (struct work_facts){ .address = 0xffffc90000123dd0,
					 .workqueue = "ordered",
					 .state = WORK_BEHIND,
					 .pwq = 2,
					 .worker = worker,
					 .completion = first,
					 .rescuer = TRUE });
	add_work(s, (struct work_facts){ .address = 0xffffc90000223dd0,
					 .workqueue = "ordered",
					 .state = WORK_INACTIVE,
					 .pwq = 2,
					 .completion = second,
					 .rescuer = TRUE });
	return s;
}

/* Whether a worker of the pool got to it or the rescuer is chance: it is one bug. */
static void test_rescuer_or_worker(void)
{
	SCOPED(snapshot) pool = ordered_queue("kworker/u8:1", "worker_thread");
	SCOPED(snapshot) rescue = ordered_queue("kworker/R-order", "rescuer_thread");
	g_autofree char *by_worker = signature_of(pool), *by_rescuer = NULL, *short_of = NULL;
	struct pool_facts no_idle = { .workers = 1 };

	g_assert_cmpstr(by_worker, ==, "work queue <- outer_fn");
	by_rescuer = signature_of(rescue);
	g_assert_cmpstr(by_rescuer, ==, by_worker);

	/* Rescuers come when a pool has no worker to spare. */
	g_array_append_val(rescue->pools, no_idle);
	short_of = signature_of(rescue);
	g_assert_cmpstr(short_of, ==, by_worker);
}

/* A work of the queue takes a lock whose holder flushes the whole queue. */
static void test_flush_of_a_whole_queue(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	guint64 flusher = add_task(s, "flusher",
				   STACK("schedule", "wait_for_completion", "__flush_workqueue",
					 "flusher_fn", "kthread"));
	guint64 worker = add_task(s, "kworker/0:1",
				  STACK("schedule", "__mutex_lock", "work_fn", "process_one_work",
					"worker_thread", "kthread"));
	struct flusher_facts flush = { 0xffffc90000123e00, 0xffff888000020000, 1 << 3 | 1 << 4 };
	g_autofree char *in_the_way = NULL, *queued_later = NULL, *of_another = NULL;
	struct work_facts *work;

	wait_on(s, 0, OBJECT_COMPLETION, flush.completion, "");
	wait_for_mutex(s, worker, "lock", flusher);
	g_array_append_val(s->flushers, flush);
	add_work(s, (struct work_facts){ .address = 0xffff888000010000,
					 .function = "work_fn",
					 .workqueue = "events",
					 .state = WORK_RUNNING,
					 .worker = worker,
					 .wq = flush.wq,
					 .color = 1 << 4 });
	add_work(s, (struct work_facts){ .address = 0xffff888000011000,
					 .function = "another_fn",
					 .workqueue = "events",
					 .state = WORK_PENDING,
					 .wq = flush.wq,
					 .color = 1 << 4 });
	in_the_way = signature_of(s);
	g_assert_cmpstr(in_the_way, ==, "mutex lock <- flusher_fn; work queue <- work_fn");

	work = &g_array_index(s->works, struct work_facts, 0);
	work->color = 1 << 5;
	queued_later = signature_of(s);
	g_assert_cmpstr(queued_later, ==, "no knot");
	work->color = 1 << 4;
	work->wq++;
	of_another = signature_of(s);
	g_assert_cmpstr(of_another, ==, "no knot");
}

static void test_rwsem(void)
{
	SCOPED(snapshot) s = fake_snapshot(TRUE);
	guint64 writer =
		add_task(s, "writer", STACK("schedule", "__mutex_lock", "writer_fn", "kthread"));
	guint64 reader = add_task(
		s, "reader", STACK("schedule", "rwsem_down_read_slowpath", "reader_fn", "kthread"));
	g_autofree char *signature = NULL;

	wait_on(s, 0, OBJECT_MUTEX, 0xffffffff82000000, "plant_lock");
	task(s, 0)->on.owner = reader;
	wait_on(s, 1, OBJECT_RWSEM, 0xffffffff82000100, "plant_sem");
	task(s, 1)->on.owner = writer;
	signature = signature_of(s);
	g_assert_cmpstr(signature, ==,
			"mutex plant_lock <- reader_fn; rwsem plant_sem <- writer_fn");
}

#define SOCK 0xffff888000900000ull

/* Who sends entered reclaim with the socket locked: the ACKs that would end it wait for the lock.
 */
static struct snapshot *reclaim_under_socket_lock(void)
{
	struct snapshot *s = fake_snapshot(TRUE);
	struct socket_facts socket = {
		.name = "nbd0 socket 0", .address = SOCK, .locked = TRUE, .backlog_bytes = 10240
	};
	struct request_facts request = { .name = "nbd0 tag 1", .age_ms = 9000 };
	struct holder_facts holder = { .object = SOCK, .count = 1, .at = 0xffffc90000001000ull };

	holder.task = add_task(s, "kworker/1:1H",
			       STACK("io_schedule_timeout", "mempool_alloc_noprof",
				     "__swap_writepage", "shrink_folio_list", "try_to_free_pages",
				     "tcp_sendmsg_locked", "tcp_sendmsg", "nbd_send_cmd",
				     "blk_mq_run_work_fn", "process_one_work", "worker_thread"));
	add_task(s, "kworker/u12:0",
		 STACK("schedule", "__lock_sock", "sk_wait_data", "tcp_recvmsg_locked", "recv_work",
		       "process_one_work", "worker_thread"));
	wait_on(s, 1, OBJECT_SOCKET, SOCK, "nbd0 socket 0");
	add_task(s, "toucher", STACK("io_schedule", "folio_wait_bit_common", "do_swap_page"));
	g_array_append_val(s->sockets, socket);
	g_array_append_val(s->requests, request);
	g_array_append_val(s->holders, holder);
	return s;
}

static void expect_no_knot(const struct snapshot *s)
{
	g_autofree char *signature = signature_of(s);

	g_assert_cmpstr(signature, ==, "no knot");
}

static void test_reclaim_under_socket_lock(void)
{
	SCOPED(snapshot) s = reclaim_under_socket_lock();
	struct socket_facts *socket = &g_array_index(s->sockets, struct socket_facts, 0);
	g_autofree char *signature = signature_of(s);

	g_assert_cmpstr(signature, ==, "backlog of nbd socket <- blk_mq_run_work_fn in reclaim");

	/* Without a backlog nothing came in that waits; with a second connection it is not known
	 * which one the replies take; without an owner nobody is to blame. */
	socket->backlog_bytes = 0;
	expect_no_knot(s);
	socket->backlog_bytes = 1;

	struct socket_facts second = *socket;

	g_array_append_val(s->sockets, second);
	expect_no_knot(s);
	g_array_set_size(s->sockets, 1);
	g_array_set_size(s->holders, 0);
	expect_no_knot(s);
}

/*
 * Without reserves to send from: nothing is queued, nothing unacknowledged, and
 * the one request in flight was not sent.
 */
static struct snapshot *nothing_to_send_from(void)
{
	struct snapshot *s = fake_snapshot(TRUE);
	struct socket_facts socket = { .name = "nbd0 socket 0" };
	struct request_facts request = { .name = "nbd0 tag 4", .age_ms = 60000, .unsent = TRUE };
	guint64 sender = add_task(s, "toucher",
				  STACK("schedule_timeout", "wait_woken", "sk_stream_wait_memory",
					"tcp_sendmsg_locked", "nbd_send_cmd", "nbd_queue_rq",
					"blk_finish_plug", "shrink_node", "try_to_free_pages"));

	add_task(s, "kswapd0",
		 STACK("schedule", "__mutex_lock", "nbd_queue_rq", "shrink_node", "balance_pgdat"));
	wait_on(s, 1, OBJECT_MUTEX, 0xffff888000700000, "nbd0 socket 0 tx_lock");
	task(s, 1)->on.owner = sender;
	g_array_append_val(s->sockets, socket);
	g_array_append_val(s->requests, request);
	return s;
}

static void test_nothing_to_send_from(void)
{
	SCOPED(snapshot) s = nothing_to_send_from();
	SCOPED(snapshot) later = nothing_to_send_from();
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(waitgraph) h = NULL;
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_true(waitgraph_has_knot(g));
	g_assert_cmpstr(signature, ==, "network <- memory to send from");

	/* It looks again now and then: that is no progress. */
	task(later, 0)->switches++;
	h = waitgraph_build(later, &no_hints);
	g_assert_true(waitgraph_same_knot(g, s, h, later));

	/* There are pages, but not for TCP. */
	g_array_index(s->sockets, struct socket_facts, 0).tcp_mem_max_pages = 24;
	g_array_index(s->sockets, struct socket_facts, 0).tcp_mem_pages = 250;
	g_free(signature);
	signature = signature_of(s);
	g_assert_cmpstr(signature, ==, "network <- tcp_mem to send from");

	/* An sk_buff without data is nothing to be acknowledged; what was written is. */
	g_array_index(s->sockets, struct socket_facts, 0).wmem_queued_bytes = 768;
	g_array_index(s->sockets, struct socket_facts, 0).sndbuf_bytes = 4608;
	expect_no_knot(s);
	g_array_index(s->sockets, struct socket_facts, 0).drained = TRUE;
	g_free(signature);
	signature = signature_of(s);
	g_assert_cmpstr(signature, ==, "network <- tcp_mem to send from");
	g_array_index(s->sockets, struct socket_facts, 0).wmem_queued_bytes = 4608;
	expect_no_knot(s);
	g_array_index(s->sockets, struct socket_facts, 0).wmem_queued_bytes = 0;

	/* An ACK may come; a request that was sent may be answered. */
	g_array_index(s->sockets, struct socket_facts, 0).unacked_bytes = 1;
	expect_no_knot(s);
	g_array_index(s->sockets, struct socket_facts, 0).unacked_bytes = 0;
	g_array_index(s->requests, struct request_facts, 0).unsent = FALSE;
	expect_no_knot(s);
}

/*
 * NBD's connection is lost, and the process that is to make a new one, in
 * @stack, needs memory that only swap can free.
 */
static struct snapshot *connection_is_lost(const char *comm, const char *const *stack)
{
	struct snapshot *s = fake_snapshot(TRUE);
	struct request_facts sent = { .name = "nbd0 tag 4", .on_wire = TRUE, .lost = TRUE };
	struct request_facts kept_back = { .name = "nbd0 tag 5", .unsent = TRUE };

	add_task(s, comm, stack);
	add_task(s, "kworker/0:1H",
		 STACK("schedule", "schedule_timeout", "nbd_queue_rq", "blk_mq_dispatch_rq_list",
		       "blk_mq_requeue_work", "process_one_work", "worker_thread"));
	add_task(s, "kswapd0",
		 STACK("schedule", "io_schedule_timeout", "mempool_alloc_noprof",
		       "bio_alloc_bioset", "swap_writepage", "shrink_node", "balance_pgdat"));
	g_array_append_val(s->requests, sent);
	g_array_append_val(s->requests, kept_back);
	task(s, 1)->kernel_thread = task(s, 2)->kernel_thread = TRUE;
	return s;
}

#define IN_SOCKET                                                                                  \
	STACK("schedule", "schedule_timeout", "throttle_direct_reclaim", "try_to_free_pages",      \
	      "allocate_slab", "sk_prot_alloc", "__x64_sys_socket")
#define IN_CONNECT                                                                                 \
	STACK("schedule", "schedule_timeout", "wait_woken", "__inet_stream_connect",               \
	      "__x64_sys_connect")

static void test_connection_waits_for_memory(void)
{
	SCOPED(snapshot) s = connection_is_lost("reconnect", IN_SOCKET);
	SCOPED(snapshot) later = connection_is_lost("reconnect", IN_SOCKET);
	SCOPED(snapshot) stranger = connection_is_lost("sshd", IN_SOCKET);
	SCOPED(snapshot)
	napping = connection_is_lost("nbd-client",
				     STACK("schedule", "do_nanosleep", "sys_nanosleep"));
	SCOPED(waitgraph) g = waitgraph_build(s, &no_hints);
	SCOPED(waitgraph) h = NULL;
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_cmpstr(signature, ==, "connection <- user in reclaim");
	/* Without __GFP_FS it looks again every second: that is no progress. */
	task(later, 0)->switches++;
	h = waitgraph_build(later, &no_hints);
	g_assert_true(waitgraph_same_knot(g, s, h, later));

	/* Not known who makes it anew; or it will try again. */
	expect_no_knot(stranger);
	expect_no_knot(napping);
	/* A request that can be answered. */
	g_array_index(s->requests, struct request_facts, 0).lost = FALSE;
	expect_no_knot(s);
}

static void test_connection_waits_for_an_answer(void)
{
	const struct waitgraph_hints in_vain = { .connect_in_vain = TRUE };
	SCOPED(snapshot) s = connection_is_lost("nbd-client", IN_CONNECT);
	SCOPED(waitgraph) g = waitgraph_build(s, &in_vain);
	SCOPED(waitgraph) h = NULL;
	g_autofree char *signature = waitgraph_signature(g);

	g_assert_cmpstr(signature, ==, "connection <- user");
	/* The server may answer, */
	expect_no_knot(s);
	/* and over a connection that there is, it can. */
	g_array_index(s->requests, struct request_facts, 0).lost = FALSE;
	h = waitgraph_build(s, &in_vain);
	g_assert_false(waitgraph_has_knot(h));
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
	g_test_add_func("/waitgraph/lost-completion", test_lost_completion);
	g_test_add_func("/waitgraph/completion-out-of-reclaim", test_completion_out_of_reclaim);
	g_test_add_func("/waitgraph/lost-writeback", test_lost_writeback);
	g_test_add_func("/waitgraph/lost-writeback-and-a-reader", test_lost_writeback_and_a_reader);
	g_test_add_func("/waitgraph/tags-taken", test_tags_taken);
	g_test_add_func("/waitgraph/file-writes-taken", test_file_writes_taken);
	g_test_add_func("/waitgraph/tags-held", test_tags_held);
	g_test_add_func("/waitgraph/elements-held", test_elements_held);
	g_test_add_func("/waitgraph/mempool-exhausted", test_mempool_exhausted);
	g_test_add_func("/waitgraph/flush-behind-itself", test_flush_behind_itself);
	g_test_add_func("/waitgraph/rescuer-or-worker", test_rescuer_or_worker);
	g_test_add_func("/waitgraph/flush-of-a-whole-queue", test_flush_of_a_whole_queue);
	g_test_add_func("/waitgraph/rwsem", test_rwsem);
	g_test_add_func("/waitgraph/reclaim-under-socket-lock", test_reclaim_under_socket_lock);
	g_test_add_func("/waitgraph/nothing-to-send-from", test_nothing_to_send_from);
	g_test_add_func("/waitgraph/connection-waits-for-memory", test_connection_waits_for_memory);
	g_test_add_func("/waitgraph/connection-waits-for-an-answer",
			test_connection_waits_for_an_answer);
	g_test_add_func("/waitgraph/persistence", test_persistence);
	return g_test_run();
}
