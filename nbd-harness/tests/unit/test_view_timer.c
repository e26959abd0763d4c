// SPDX-License-Identifier: GPL-2.0-only
/* Timers that may bring swap back: which count, when one has fired; damage survived. */
#include "guest/view_timer.h"

#include <string.h>

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define VECTORS_AT   16 /* in a timer_base */
#define BASE_BYTES   192
#define ENTRY_AT     8 /* in a timer_list */
#define EXPIRES_AT   24
#define FUNCTION_AT  32
#define TIMER_BYTES  40
#define WORK_FUNC_AT 24 /* in a delayed_work */
#define TIMER_AT     48
#define OPS_AT	     8 /* in a request_queue */
#define TIMEOUT_AT   64

#define BUCKETS	     16
#define CPUS	     2
#define BASES	     3
#define LINKED	     0x1000 /* where per-CPU variables are linked to */
#define POISON	     0xdead000000000122ull
#define NEVER	     12345678

struct scene {
	fake_guest f;
	struct view_timer *timers;
	guint64 bases[CPUS];
	guint64 delayed, timed_out;	     /* functions */
	guint64 reconnect, nvme_ops, others; /* a work's function, mq_ops, and another queue's */
};

static void set_layout(struct layout *at)
{
	at->lacks_timers = NULL;
	at->timer_base_bytes = BASE_BYTES;
	at->timer_vectors = VECTORS_AT;
	at->timer_vectors_bytes = BUCKETS * 8;
	at->timer_entry = ENTRY_AT;
	at->timer_expires = EXPIRES_AT;
	at->timer_function = FUNCTION_AT;
	at->delayed_timer = TIMER_AT;
	at->timer_work_func = WORK_FUNC_AT;
	at->queue_timeout = TIMEOUT_AT;
	at->queue_ops_at = OPS_AT;
}

static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;

	fake_guest_init(f);
	set_layout(&f->g.at);
	f->g.cpus = CPUS;
	for (guint cpu = 0; cpu < CPUS; cpu++) {
		s->bases[cpu] = fake_alloc(f, BASES * BASE_BYTES);
		f->g.percpu_offset[cpu] = s->bases[cpu] - LINKED;
	}
	fake_symbol(f, "timer_bases", 'd', LINKED);
	s->delayed = fake_function(f, "delayed_work_timer_fn");
	s->timed_out = fake_function(f, "blk_rq_timed_out_timer");
	s->reconnect = fake_function(f, "nvme_tcp_reconnect_ctrl_work");
	s->nvme_ops = fake_alloc(f, 8);
	s->others = fake_alloc(f, 8);
	fake_symbol(f, "nvme_tcp_mq_ops", 'd', s->nvme_ops);
}

static void scene_begin(struct scene *s)
{
	scene_init(s);
	s->timers = view_timer_new(&s->f.g);
}

static void scene_clear(struct scene *s)
{
	view_timer_free(s->timers);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static guint64 head_of(const struct scene *s, guint cpu, guint base, guint bucket)
{
	return s->bases[cpu] + base * BASE_BYTES + VECTORS_AT + bucket * 8ull;
}

/* Put @timer first into the chain at @head. */
static void pend(struct scene *s, guint64 head, guint64 timer, guint64 function)
{
	guint64 next;

	g_assert_true(guest_u64(&s->f.g, head, &next));
	fake_u64(&s->f, timer + ENTRY_AT, next);
	fake_u64(&s->f, timer + EXPIRES_AT, NEVER);
	fake_u64(&s->f, timer + FUNCTION_AT, function);
	fake_u64(&s->f, head, timer + ENTRY_AT);
}

static guint64 add_work(struct scene *s, guint64 head, guint64 function)
{
	guint64 work = fake_alloc(&s->f, TIMER_AT + TIMER_BYTES);

	fake_u64(&s->f, work + WORK_FUNC_AT, function);
	pend(s, head, work + TIMER_AT, s->delayed);
	return work + TIMER_AT;
}

static guint64 add_queue(struct scene *s, guint64 head, guint64 ops)
{
	guint64 queue = fake_alloc(&s->f, TIMEOUT_AT + TIMER_BYTES);

	fake_u64(&s->f, queue + OPS_AT, ops);
	pend(s, head, queue + TIMEOUT_AT, s->timed_out);
	return queue + TIMEOUT_AT;
}

static struct sample take_sample(struct scene *s)
{
	struct sample sample;

	memset(&sample, 0xff, sizeof(sample)); /* SAMPLE_UNKNOWN */
	view_timer_sample(s->timers, &sample);
	return sample;
}

static void expect(struct scene *s, gint64 timers, gint64 fires)
{
	struct sample sample = take_sample(s);

	g_assert_cmpint(sample.recovery_timers, ==, timers);
	g_assert_cmpint(sample.recovery_fires, ==, fires);
}

static void expect_unknown(struct scene *s)
{
	expect(s, SAMPLE_UNKNOWN, SAMPLE_UNKNOWN);
}

static void test_works(void)
{
	static const char *const names[] = { "xs_tcp_setup_socket", "__rpc_queue_timer_fn" };
	g_auto(scene) s = { 0 };
	guint64 functions[G_N_ELEMENTS(names)], other, head;

	scene_init(&s);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		functions[i] = fake_function(&s.f, names[i]);
	other = fake_function(&s.f, "vmstat_update");
	s.timers = view_timer_new(&s.f.g);
	head = head_of(&s, 0, 0, 3);
	expect(&s, 0, 0);
	add_work(&s, head, other);
	add_work(&s, head, 0);
	pend(&s, head, fake_alloc(&s.f, TIMER_BYTES), other);
	pend(&s, head, fake_alloc(&s.f, TIMER_BYTES), 0);
	expect(&s, 0, 0);
	add_work(&s, head, s.reconnect);
	expect(&s, 1, 0);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		add_work(&s, head, functions[i]);
	add_work(&s, head, other);
	expect(&s, 3, 0);
}

/* A work that would count, but another function's timer: it is no delayed_work. */
static void test_other_timer(void)
{
	g_auto(scene) s = { 0 };
	guint64 timer;

	scene_begin(&s);
	timer = add_work(&s, head_of(&s, 0, 1, 0), s.reconnect);
	fake_u64(&s.f, timer + FUNCTION_AT, s.reconnect);
	expect(&s, 0, 0);
}

/* NBD's timer only complains. */
static void test_queues(void)
{
	g_auto(scene) s = { 0 };

	scene_begin(&s);
	add_queue(&s, head_of(&s, 0, 1, 0), s.others);
	add_queue(&s, head_of(&s, 0, 1, 0), 0);
	expect(&s, 0, 0);
	add_queue(&s, head_of(&s, 0, 1, 0), s.nvme_ops);
	add_queue(&s, head_of(&s, 0, 1, 5), s.nvme_ops);
	expect(&s, 2, 0);
}

static void test_everywhere(void)
{
	g_auto(scene) s = { 0 };
	guint n = 0;

	scene_begin(&s);
	for (guint cpu = 0; cpu < CPUS; cpu++) {
		for (guint base = 0; base < BASES; base++) {
			for (guint bucket = 0; bucket < BUCKETS; bucket += BUCKETS - 1) {
				guint64 head = head_of(&s, cpu, base, bucket);

				add_work(&s, head, s.reconnect);
				add_queue(&s, head, s.nvme_ops);
				n += 2;
				expect(&s, n, 0);
			}
		}
	}
	s.f.g.cpus = 1; /* the others' are not looked at */
	g_assert_cmpint(take_sample(&s).recovery_timers, ==, n / CPUS);
}

static void test_fired(void)
{
	g_auto(scene) s = { 0 };
	guint64 head, timer;

	scene_begin(&s);
	head = head_of(&s, 1, 0, 2);
	timer = add_work(&s, head, s.reconnect);
	add_queue(&s, head_of(&s, 0, 1, 7), s.nvme_ops);
	expect(&s, 2, 0);
	expect(&s, 2, 0);
	fake_u64(&s.f, timer + EXPIRES_AT, NEVER + 1);
	expect(&s, 2, 1);
	expect(&s, 2, 1);
	/* What was brought forward has not fired. */
	fake_u64(&s.f, timer + EXPIRES_AT, NEVER - 100);
	expect(&s, 2, 1);
	/* The same one elsewhere: a wheel's timers move as their time comes. */
	fake_u64(&s.f, head, 0);
	fake_u64(&s.f, head_of(&s, 1, 0, 1), timer + ENTRY_AT);
	expect(&s, 2, 1);
	fake_u64(&s.f, head_of(&s, 1, 0, 1), 0);
	expect(&s, 1, 2);
	expect(&s, 1, 2);
	pend(&s, head, timer, s.delayed);
	expect(&s, 2, 2);
	fake_u64(&s.f, head, 0);
	fake_u64(&s.f, head_of(&s, 0, 1, 7), 0);
	expect(&s, 0, 4);
}

/* jiffies wrap. */
static void test_later_wraps(void)
{
	g_auto(scene) s = { 0 };
	guint64 timer;

	scene_begin(&s);
	timer = add_work(&s, head_of(&s, 0, 0, 0), s.reconnect);
	fake_u64(&s.f, timer + EXPIRES_AT, G_MAXUINT64);
	expect(&s, 1, 0);
	fake_u64(&s.f, timer + EXPIRES_AT, 100);
	expect(&s, 1, 1);
}

/* What could not be read is not known, and none of it is said to have fired. */
static void test_damaged_chain(void)
{
	static const guint64 bad[] = { FAKE_WILD, POISON, 8, FAKE_DIRECT_MAP + 4 };
	g_auto(scene) s = { 0 };
	guint64 stranger;

	scene_begin(&s);
	add_work(&s, head_of(&s, 0, 0, 4), s.reconnect);
	stranger = add_work(&s, head_of(&s, 0, 0, 2), 0);
	expect(&s, 1, 0);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		fake_u64(&s.f, stranger + ENTRY_AT, bad[i]);
		expect_unknown(&s);
		fake_u64(&s.f, stranger + ENTRY_AT, 0);
		expect(&s, 1, 0);
		fake_u64(&s.f, head_of(&s, 1, 1, 2), bad[i]);
		expect_unknown(&s);
		fake_u64(&s.f, head_of(&s, 1, 1, 2), 0);
		expect(&s, 1, 0);
		/* Behind the second there may be no base. */
		fake_u64(&s.f, head_of(&s, 1, 2, 2), bad[i]);
		expect(&s, 1, 0);
		fake_u64(&s.f, head_of(&s, 1, 2, 2), 0);
	}
}

/* All chains of all bases without an end, of timers that count. */
static void test_endless(void)
{
	g_auto(scene) s = { 0 };
	gint64 began = g_get_monotonic_time();
	guint64 timer;

	scene_begin(&s);
	timer = add_queue(&s, head_of(&s, 0, 0, 0), s.nvme_ops);
	expect(&s, 1, 0);
	fake_u64(&s.f, timer + ENTRY_AT, timer + ENTRY_AT);
	for (guint i = 0; i < CPUS * BASES * BUCKETS; i++)
		fake_u64(&s.f, head_of(&s, i % CPUS, i / CPUS % BASES, i / CPUS / BASES),
			 timer + ENTRY_AT);
	expect_unknown(&s);
	g_assert_cmpint(g_get_monotonic_time() - began, <, 5 * G_TIME_SPAN_SECOND);
}

static void test_unreadable_base(void)
{
	g_auto(scene) s = { 0 };

	scene_begin(&s);
	add_work(&s, head_of(&s, 1, 0, 0), s.reconnect);
	expect(&s, 1, 0);
	s.f.g.percpu_offset[1] = FAKE_WILD;
	expect_unknown(&s);
	s.f.g.percpu_offset[1] = s.bases[1] - LINKED;
	expect(&s, 1, 0);
}

/* More of them than the test's own array of heads holds, by a BTF that lies. */
static void test_many_vectors(void)
{
	g_auto(scene) s = { 0 };

	scene_begin(&s);
	s.f.g.at.timer_vectors_bytes = G_MAXUINT;
	add_work(&s, head_of(&s, 0, 0, 0), s.reconnect);
	take_sample(&s);
}

static void test_kernel_without(void)
{
	g_auto(fake_guest) none = { 0 };
	g_auto(scene) s = { 0 };

	scene_begin(&s);
	add_work(&s, head_of(&s, 0, 0, 0), s.reconnect);
	s.f.g.at.timer_base_bytes = 0;
	expect_unknown(&s);
	view_timer_free(s.timers);
	s.f.g.at.timer_base_bytes = BASE_BYTES;
	s.f.g.at.lacks_timers = "timer_list.expires";
	s.timers = view_timer_new(&s.f.g);
	expect_unknown(&s);
	view_timer_free(s.timers);

	fake_guest_init(&none);
	set_layout(&none.g.at);
	s.timers = view_timer_new(&none.g);
	expect_unknown(&s);
}

/* Of what this kernel has not, nothing is taken for it. */
static void test_no_functions(void)
{
	g_auto(scene) s = { 0 };

	fake_guest_init(&s.f);
	set_layout(&s.f.g.at);
	s.bases[0] = fake_alloc(&s.f, BASES * BASE_BYTES);
	s.f.g.percpu_offset[0] = s.bases[0] - LINKED;
	fake_symbol(&s.f, "timer_bases", 'd', LINKED);
	s.timed_out = fake_function(&s.f, "blk_rq_timed_out_timer");
	s.delayed = fake_function(&s.f, "delayed_work_timer_fn");
	s.timers = view_timer_new(&s.f.g);
	add_queue(&s, head_of(&s, 0, 0, 0), 0);
	add_work(&s, head_of(&s, 0, 0, 0), 0);
	expect(&s, 0, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-timer/works", test_works);
	g_test_add_func("/view-timer/other-timer", test_other_timer);
	g_test_add_func("/view-timer/queues", test_queues);
	g_test_add_func("/view-timer/everywhere", test_everywhere);
	g_test_add_func("/view-timer/fired", test_fired);
	g_test_add_func("/view-timer/later-wraps", test_later_wraps);
	g_test_add_func("/view-timer/damaged-chain", test_damaged_chain);
	g_test_add_func("/view-timer/endless", test_endless);
	g_test_add_func("/view-timer/unreadable-base", test_unreadable_base);
	g_test_add_func("/view-timer/many-vectors", test_many_vectors);
	g_test_add_func("/view-timer/kernel-without", test_kernel_without);
	g_test_add_func("/view-timer/no-functions", test_no_functions);
	return g_test_run();
}
