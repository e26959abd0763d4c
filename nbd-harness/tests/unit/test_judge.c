// SPDX-License-Identifier: GPL-2.0-only
/* The judge on streams of samples made by hand: who is convicted, when, and who is not. */
#include <glib.h>
#include <string.h>

#include <board.h>

#include "judge/judge.h"

#define TICK_US	     100000
#define SECOND_TICKS 10

struct stream {
	struct judge *j;
	struct sample s;
	enum judge_wants wants;
	guint snapshots;
	struct snapshot *(*make)(void); /* what a snapshot shows */
};

static struct snapshot *nothing(void)
{
	struct snapshot *s = snapshot_new();

	s->complete = s->server_running = s->server_answers = TRUE;
	return s;
}

static struct snapshot *dead_server(void)
{
	struct snapshot *s = nothing();
	struct request_facts request = { .name = "nbd0 tag 0", .age_ms = 5000 };
	struct task_facts t = { .address = 0xffff888000001000, .state = 2, .frames = 1 };

	s->server_running = s->server_answers = FALSE;
	t.stack[0].function = "sk_stream_wait_memory";
	g_array_append_val(s->tasks, t);
	g_array_append_val(s->requests, request);
	return s;
}

/* Two tasks that hold what the other wants. */
static struct snapshot *knot(void)
{
	struct snapshot *s = nothing();

	for (int i = 0; i < 2; i++) {
		struct task_facts t = { .address = 0xffff888000001000 + i * 0x1000,
					.state = 2,
					.frames = 3,
					.on = { .kind = OBJECT_MUTEX,
						.address = 0xffffffff82000000 + i * 64,
						.owner = 0xffff888000002000 - i * 0x1000 } };

		t.stack[0].function = "__mutex_lock";
		t.stack[1].function = i ? "beta" : "alpha";
		t.stack[2].function = "kthread";
		g_strlcpy(t.on.name, i ? "a" : "b", sizeof(t.on.name));
		g_array_append_val(s->tasks, t);
	}
	return s;
}

/*
 * Reclaim waits for an ACK.  Buffers are posted, more of them at the end than
 * at the beginning; what comes in with them is lost as often as @dropped says.
 */
static struct snapshot *reception(gint32 posted, gint64 dropped)
{
	struct snapshot *s = nothing();
	struct request_facts request = { .name = "nbd0 tag 0", .age_ms = 5000 };
	struct napi_facts napi = {
		.device = "eth0", .poll = "virtnet_poll", .rx_posted = posted, .rx_dropped = dropped
	};
	struct zone_facts zone = { .name = "DMA32", .min_pages = 150 };
	struct task_facts t = { .address = 0xffff888000001000, .state = 2, .frames = 3 };

	t.stack[0].function = "sk_stream_wait_memory";
	t.stack[1].function = "nbd_queue_rq";
	t.stack[2].function = "kswapd";
	g_array_append_val(s->tasks, t);
	g_array_append_val(s->requests, request);
	g_array_append_val(s->napis, napi);
	g_array_append_val(s->zones, zone);
	return s;
}

static guint arrivals;

static struct snapshot *arrivals_are_lost(void)
{
	arrivals++;
	return reception(arrivals > 1 ? 255 : 220, arrivals);
}

static struct snapshot *nothing_arrives(void)
{
	arrivals++;
	return reception(arrivals > 1 ? 255 : 220, 7);
}

/* NBD's connection is dead, and who is to bring it back waits for the server's answer. */
static struct snapshot *somebody_connects(void)
{
	struct snapshot *s = nothing();
	struct request_facts request = { .name = "nbd0 tag 0", .on_wire = TRUE, .lost = TRUE };
	struct task_facts client = { .address = 0xffff888000001000, .state = 1, .frames = 1 };
	struct task_facts kswapd = { .address = 0xffff888000002000, .state = 2, .frames = 3 };

	g_strlcpy(client.comm, "nbd-client", sizeof(client.comm));
	client.stack[0].function = "__inet_stream_connect";
	kswapd.kernel_thread = TRUE;
	kswapd.stack[0].function = "mempool_alloc_noprof";
	kswapd.stack[1].function = "swap_writepage";
	kswapd.stack[2].function = "balance_pgdat";
	g_array_append_val(s->tasks, client);
	g_array_append_val(s->tasks, kswapd);
	g_array_append_val(s->requests, request);
	return s;
}

static struct stream stream_new(struct snapshot *(*make)(void))
{
	struct judge_config config = { .floor_out_pages = 1000,
				       .floor_in_pages = 500,
				       .boot_deadline_us = 60 * G_USEC_PER_SEC,
				       .press_deadline_us = 300ll * G_USEC_PER_SEC };
	struct stream st = { .j = judge_new(&config), .make = make };

	st.s.phase = BOARD_PRESSING;
	st.s.vm_running = st.s.server_running = 1;
	st.s.swap_total_pages = 100000;
	st.s.swap_free_pages = 50000;
	st.s.slots_running = 4;
	return st;
}

/* The same, and the deadline of the run's pressure is far away. */
static struct stream patient_stream(struct snapshot *(*make)(void))
{
	struct judge_config config = { .press_deadline_us = 3600ll * G_USEC_PER_SEC };
	struct stream st = stream_new(make);

	judge_free(st.j);
	st.j = judge_new(&config);
	return st;
}

/* One sample; @busy: the vCPUs used their time. */
static enum judge_wants tick(struct stream *st, gboolean progress, gboolean busy, gboolean fair)
{
	st->s.host_us += TICK_US;
	st->s.fair_us += fair ? TICK_US : 0;
	st->s.vcpu_us += busy ? TICK_US : 1000;
	st->s.jiffies += 25;
	if (progress) {
		st->s.swap_out_pages += 20;
		st->s.swap_in_pages += 10;
		st->s.touched_pages += 10;
	}
	st->wants = judge_sample(st->j, &st->s);
	if (st->wants == JUDGE_WANTS_SNAPSHOT) {
		st->snapshots++;
		st->wants = judge_snapshot(st->j, st->make());
	}
	return st->wants;
}

/* Ticks until the judge wants to end, at most @seconds; -1 if it never did. */
static int ticks_to_end(struct stream *st, int seconds, gboolean busy, gboolean fair)
{
	for (int i = 1; i <= seconds * SECOND_TICKS; i++) {
		if (tick(st, FALSE, busy, fair) == JUDGE_WANTS_END)
			return i;
	}
	return -1;
}

static enum verdict verdict_of(struct stream *st)
{
	return judge_conclude(st->j)->verdict;
}

static void test_deadlock_within_ten_seconds(void)
{
	struct stream st = stream_new(knot);

	for (int i = 0; i < 100; i++)
		tick(&st, TRUE, TRUE, TRUE);

	int ticks = ticks_to_end(&st, 30, FALSE, TRUE);

	g_assert_cmpint(ticks, >, 0);
	g_assert_cmpint(ticks, <=, 10 * SECOND_TICKS);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	g_assert_cmpstr(judge_conclude(st.j)->signature, ==, "mutex a <- alpha; mutex b <- beta");
	judge_free(st.j);
}

/* A retransmit timer that fires in vain says who waits for whom only if the answers got lost here.
 */
static void test_arrivals_lost(void)
{
	static const struct {
		struct snapshot *(*make)(void);
		enum verdict verdict;
	} cases[] = {
		{ arrivals_are_lost, VERDICT_DEADLOCK },
		{ nothing_arrives, VERDICT_INCONCLUSIVE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct stream st = stream_new(cases[i].make);

		arrivals = 0;
		tick(&st, TRUE, TRUE, TRUE);
		st.s.tcp_timer_fires = 5;
		g_assert_cmpint(ticks_to_end(&st, 300, FALSE, TRUE), >, 0);
		g_assert_cmpint(verdict_of(&st), ==, cases[i].verdict);
		judge_free(st.j);
	}
}

/* What comes in finds memory, but no room within tcp_mem, and TCP counts it. */
static void test_arrivals_refused(void)
{
	for (gint refused = 0; refused < 2; refused++) {
		struct stream st = stream_new(nothing_arrives);

		tick(&st, TRUE, TRUE, TRUE);
		g_assert_cmpint(ticks_to_end(&st, 5, FALSE, TRUE), ==, -1);
		g_assert_cmpuint(st.snapshots, >, 0);
		st.s.tcp_mem_drops = refused * 3;
		g_assert_cmpint(ticks_to_end(&st, 300, FALSE, TRUE), >, 0);
		g_assert_cmpint(verdict_of(&st), ==,
				refused ? VERDICT_DEADLOCK : VERDICT_INCONCLUSIVE);
		judge_free(st.j);
	}
}

/* Its answer is refused if packets are, and the SYN goes out again and again: not one without the
 * other. */
static void test_connect_in_vain(void)
{
	for (gint what = 0; what < 4; what++) {
		struct stream st = stream_new(somebody_connects);

		tick(&st, TRUE, TRUE, TRUE);
		g_assert_cmpint(ticks_to_end(&st, 5, FALSE, TRUE), ==, -1);
		st.s.pfmemalloc_drops = what & 1 ? 300 : 0;
		st.s.connect_fires = what & 2 ? 2 : 1;
		g_assert_cmpint(ticks_to_end(&st, 300, FALSE, TRUE), >, 0);
		g_assert_cmpint(verdict_of(&st), ==,
				what == 3 ? VERDICT_DEADLOCK : VERDICT_INCONCLUSIVE);
		if (what == 3)
			g_assert_cmpstr(judge_conclude(st.j)->signature, ==, "connection <- user");
		judge_free(st.j);
	}
}

/* Busy as it is, it is no livelock as long as the SYN's timer has not had its chances. */
static void test_connecting_is_no_livelock(void)
{
	struct stream st = stream_new(nothing);

	tick(&st, TRUE, TRUE, TRUE);
	st.s.connecting = 1;
	g_assert_cmpint(ticks_to_end(&st, 20, TRUE, TRUE), ==, -1);
	st.s.connect_fires = 2;
	g_assert_cmpint(ticks_to_end(&st, 20, TRUE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_LIVELOCK);
	judge_free(st.j);
}

/* The same stillness on a host that gave the VM no CPU: nothing is said for an hour. */
static void test_unfair_time_convicts_nobody(void)
{
	struct stream st = stream_new(knot);

	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(ticks_to_end(&st, 3600, FALSE, FALSE), ==, -1);
	g_assert_cmpuint(st.snapshots, ==, 0);
	judge_free(st.j);
}

static void test_fault_in_force_convicts_nobody(void)
{
	struct stream st = stream_new(knot);

	tick(&st, TRUE, TRUE, TRUE);
	judge_fault(st.j, "stop", TRUE);
	g_assert_cmpint(ticks_to_end(&st, 60, FALSE, TRUE), ==, -1);
	g_assert_cmpuint(st.snapshots, ==, 0);
	/* Healed: patience begins anew. */
	judge_fault(st.j, "stop", FALSE);

	int ticks = ticks_to_end(&st, 30, FALSE, TRUE);

	g_assert_cmpint(ticks, >, 6 * SECOND_TICKS);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

static void test_starved_at_the_deadline(void)
{
	struct stream st = stream_new(knot);

	tick(&st, TRUE, TRUE, TRUE);
	judge_fault(st.j, "stop", TRUE);
	g_assert_cmpint(ticks_to_end(&st, 400, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_STARVED);
	judge_free(st.j);
}

/* An armed retransmit timer gets two chances first. */
static void test_timers_get_their_chance(void)
{
	struct stream st = stream_new(knot);

	tick(&st, TRUE, TRUE, TRUE);
	st.s.tcp_timer_armed = 1;
	g_assert_cmpint(ticks_to_end(&st, 40, FALSE, TRUE), ==, -1);
	st.s.tcp_timer_fires = 2;
	g_assert_cmpint(ticks_to_end(&st, 10, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

/* A timer that connects anew, or gives a request up, gets two chances too. */
static void test_recovery_gets_its_chance(void)
{
	struct stream st = patient_stream(knot);

	st.s.recovery_timers = 1;
	st.s.recovery_fires = 7; /* before the last progress */
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(ticks_to_end(&st, 100, FALSE, TRUE), ==, -1);
	st.s.recovery_fires = 8;
	g_assert_cmpint(ticks_to_end(&st, 100, FALSE, TRUE), ==, -1);
	st.s.recovery_fires = 9;
	g_assert_cmpint(ticks_to_end(&st, 10, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

static void test_recovery_of_each(void)
{
	struct stream st = patient_stream(knot);

	st.s.recovery_timers = 3;
	tick(&st, TRUE, TRUE, TRUE);
	st.s.recovery_fires = 5;
	g_assert_cmpint(ticks_to_end(&st, 60, FALSE, TRUE), ==, -1);
	/* Those that are left, or none. */
	st.s.recovery_timers = 2;
	g_assert_cmpint(ticks_to_end(&st, 60, FALSE, TRUE), ==, -1);
	/* Which of them fired is not known: not before each could have, twice. */
	g_assert_cmpint(ticks_to_end(&st, 15, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

/* A kernel, or a transport, without such timers is judged as before. */
static void test_no_recovery_to_wait_for(void)
{
	static const gint64 timers[] = { 0, SAMPLE_UNKNOWN };

	for (guint i = 0; i < G_N_ELEMENTS(timers); i++) {
		struct stream st = patient_stream(knot);

		st.s.recovery_timers = timers[i];
		st.s.recovery_fires = timers[i];
		tick(&st, TRUE, TRUE, TRUE);
		g_assert_cmpint(ticks_to_end(&st, 10, FALSE, TRUE), >, 0);
		g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
		judge_free(st.j);
	}
}

/* A torn read does not make a timer gone: neither at the progress nor in the quiet. */
static void test_recovery_torn(void)
{
	struct stream st = patient_stream(knot);
	enum judge_wants wants = JUDGE_WANTS_NOTHING;

	st.s.recovery_timers = 1;
	st.s.recovery_fires = 1;
	tick(&st, TRUE, TRUE, TRUE);
	for (int i = 0; i < 60 * SECOND_TICKS && wants == JUDGE_WANTS_NOTHING; i++) {
		struct sample kept = st.s;

		if (i % 3 != 1)
			st.s.recovery_timers = st.s.recovery_fires = SAMPLE_UNKNOWN;
		wants = tick(&st, i == 0, FALSE, TRUE);
		st.s.recovery_timers = kept.recovery_timers;
		/* One firing since the progress, where the count was unknown. */
		st.s.recovery_fires = 2;
	}
	g_assert_cmpint(wants, ==, JUDGE_WANTS_NOTHING);
	g_assert_cmpuint(st.snapshots, >, 2);
	st.s.recovery_fires = 3;
	g_assert_cmpint(ticks_to_end(&st, 80, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

static void test_livelock_after_recovery(void)
{
	struct stream st = patient_stream(nothing);

	st.s.recovery_timers = 1;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(ticks_to_end(&st, 100, TRUE, TRUE), ==, -1);
	st.s.recovery_fires = 1;
	g_assert_cmpint(ticks_to_end(&st, 100, TRUE, TRUE), ==, -1);
	st.s.recovery_fires = 2;
	g_assert_cmpint(ticks_to_end(&st, 5, TRUE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_LIVELOCK);
	judge_free(st.j);
}

/* How long it takes to give up: 60 s, or 130 to 300 s while timers may still bring swap back. */
static void test_patience_with_recovery(void)
{
	static const struct {
		struct snapshot *(*make)(void);
		gint64 timers, fires;
		int seconds;
	} cases[] = {
		{ nothing, 0, 0, 60 },	{ nothing, SAMPLE_UNKNOWN, SAMPLE_UNKNOWN, 60 },
		{ nothing, 1, 2, 130 }, { nothing, 1, 1, 300 },
		{ nothing, 1, 0, 300 }, { knot, 1, 0, 300 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct stream st = patient_stream(cases[i].make);

		st.s.recovery_timers = cases[i].timers;
		tick(&st, TRUE, TRUE, TRUE);
		st.s.recovery_fires = cases[i].fires;
		int ticks = ticks_to_end(&st, 400, FALSE, TRUE);

		g_assert_cmpint(ticks, >=, cases[i].seconds * SECOND_TICKS);
		g_assert_cmpint(ticks, <=, (cases[i].seconds + 3) * SECOND_TICKS);
		g_assert_cmpint(verdict_of(&st), ==, VERDICT_INCONCLUSIVE);
		judge_free(st.j);
	}
}

static void test_livelock(void)
{
	struct stream st = stream_new(nothing);

	tick(&st, TRUE, TRUE, TRUE);

	int ticks = ticks_to_end(&st, 30, TRUE, TRUE);

	g_assert_cmpint(ticks, >, 0);
	g_assert_cmpint(ticks, <=, 11 * SECOND_TICKS);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_LIVELOCK);
	judge_free(st.j);
}

static void test_user_code_is_progress(void)
{
	struct stream st = stream_new(nothing);

	for (int i = 0; i < 600; i++) {
		st.s.user_ns += 4000000;
		g_assert_cmpint(tick(&st, FALSE, TRUE, TRUE), ==, JUDGE_WANTS_NOTHING);
	}
	judge_free(st.j);
}

/* The guest's own disk and its page cache: whose writeback has ended was finished. */
static void test_writeback_is_progress(void)
{
	struct stream st = stream_new(knot);

	for (int i = 0; i < 600; i++) {
		st.s.written_pages += i % SECOND_TICKS == 0;
		g_assert_cmpint(tick(&st, FALSE, FALSE, TRUE), ==, JUDGE_WANTS_NOTHING);
	}
	g_assert_cmpuint(st.snapshots, ==, 0);
	g_assert_cmpint(ticks_to_end(&st, 10, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

/* --- how swapping went ---------------------------------------------------- */

static const struct traffic *traffic_of(struct stream *st)
{
	return &judge_conclude(st->j)->traffic;
}

/* @n samples, in each of which the pressure touches pages or, otherwise, only swap moves. */
static void ticks(struct stream *st, int n, gboolean touched)
{
	for (int i = 0; i < n; i++) {
		st->s.swap_out_pages += 5;
		tick(st, touched, FALSE, TRUE);
	}
}

static void test_traffic(void)
{
	struct stream st = stream_new(nothing);

	st.s.phase = BOARD_RUNNING;
	ticks(&st, 30, FALSE);
	g_assert_cmpint(traffic_of(&st)->pressed_us, ==, 0);
	st.s.phase = BOARD_PRESSING;
	ticks(&st, 1, FALSE); /* from here on */
	ticks(&st, 10, TRUE);
	g_assert_cmpint(traffic_of(&st)->pressed_us, ==, 10 * TICK_US);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, TICK_US);
	/* Swap goes on, and no page is touched. */
	ticks(&st, 34, FALSE);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, 34 * TICK_US);
	ticks(&st, 1, TRUE);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, 35 * TICK_US);
	/* A shorter one does not matter. */
	ticks(&st, 20, FALSE);
	ticks(&st, 5, TRUE);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, 35 * TICK_US);
	g_assert_cmpint(traffic_of(&st)->pressed_us, ==, 70 * TICK_US);
	g_assert_cmpint(traffic_of(&st)->out_pages, ==, 101 * 5 + 16 * 20);
	g_assert_cmpint(traffic_of(&st)->in_pages, ==, 16 * 10);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, -1);
	judge_free(st.j);
}

/* The longest is the one that it ends with, in host time, however unfair that was. */
static void test_traffic_of_a_hang(void)
{
	struct stream st = stream_new(knot);
	int before_end;

	ticks(&st, 10, TRUE);
	ticks(&st, 3, FALSE);
	ticks(&st, 1, TRUE);
	for (int i = 0; i < 200; i++)
		tick(&st, FALSE, FALSE, FALSE);
	before_end = ticks_to_end(&st, 30, FALSE, TRUE);
	g_assert_cmpint(before_end, >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, (200 + before_end) * TICK_US);
	g_assert_cmpint(traffic_of(&st)->pressed_us, ==, (13 + 200 + before_end) * TICK_US);
	judge_free(st.j);
}

/* The run never came to its pressure. */
static void test_no_traffic(void)
{
	struct stream st = stream_new(nothing);

	st.s.phase = BOARD_RUNNING;
	ticks(&st, 20, TRUE);
	g_assert_cmpint(traffic_of(&st)->pressed_us, ==, 0);
	g_assert_cmpint(traffic_of(&st)->stall_us, ==, 0);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, -1);
	judge_free(st.j);
}

static void test_unknown_traffic(void)
{
	struct stream st = stream_new(nothing);

	ticks(&st, 2, TRUE);
	st.s.swap_out_pages = st.s.swap_in_pages = SAMPLE_UNKNOWN;
	tick(&st, FALSE, FALSE, TRUE);
	g_assert_cmpint(traffic_of(&st)->out_pages, ==, 2 * (5 + 20));
	g_assert_cmpint(traffic_of(&st)->in_pages, ==, 2 * 10);
	judge_free(st.j);
}

static void test_recovered(void)
{
	struct stream st = stream_new(nothing);

	ticks(&st, 5, TRUE);
	judge_fault(st.j, "stop", TRUE);
	ticks(&st, 10, FALSE);
	ticks(&st, 1, TRUE); /* while it is in force: recovered from nothing */
	ticks(&st, 10, FALSE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, -1);
	judge_fault(st.j, "stop", FALSE);
	ticks(&st, 7, FALSE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, -1);
	ticks(&st, 1, TRUE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, 8 * TICK_US);
	/* Once is enough. */
	ticks(&st, 10, FALSE);
	ticks(&st, 3, TRUE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, 8 * TICK_US);
	judge_free(st.j);
}

/* Of several it is the last one that counts, and where that is never recovered from, none. */
static void test_recovered_from_the_last(void)
{
	struct stream st = stream_new(nothing);

	ticks(&st, 5, TRUE);
	judge_fault(st.j, "a", TRUE);
	judge_fault(st.j, "b", TRUE);
	ticks(&st, 10, FALSE);
	judge_fault(st.j, "a", FALSE);
	ticks(&st, 10, FALSE);
	judge_fault(st.j, "b", FALSE);
	ticks(&st, 2, FALSE);
	ticks(&st, 1, TRUE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, 3 * TICK_US);
	judge_fault(st.j, "c", TRUE);
	ticks(&st, 5, FALSE);
	judge_fault(st.j, "c", FALSE);
	ticks(&st, 30, FALSE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, -1);
	/* Its last page was touched already: done is as good. */
	st.s.phase = BOARD_DONE;
	tick(&st, FALSE, FALSE, TRUE);
	g_assert_cmpint(traffic_of(&st)->recovered_us, ==, 31 * TICK_US);
	judge_free(st.j);
}

/* Idle, still, and no knot: an honest "don't know". */
static void test_stall_without_knot(void)
{
	struct stream st = stream_new(nothing);

	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(ticks_to_end(&st, 120, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_INCONCLUSIVE);
	judge_free(st.j);
}

static void test_dead_server_is_infra(void)
{
	struct stream st = stream_new(dead_server);

	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(ticks_to_end(&st, 120, FALSE, TRUE), >, 0);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_INFRA);
	judge_free(st.j);
}

static void finish_well(struct stream *st)
{
	for (int i = 0; i < 100; i++)
		tick(st, TRUE, TRUE, TRUE);
	st->s.slots_running = 0;
	st->s.slots_passed = 4;
	st->s.phase = BOARD_DONE;
	g_assert_cmpint(tick(st, FALSE, FALSE, TRUE), ==, JUDGE_WANTS_END);
}

static void test_pass(void)
{
	struct stream st = stream_new(nothing);

	finish_well(&st);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_PASS);
	judge_free(st.j);
}

static void test_too_little_pressure(void)
{
	struct stream st = stream_new(nothing);

	st.s.slots_passed = 4;
	st.s.phase = BOARD_DONE;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_INCONCLUSIVE);
	judge_free(st.j);
}

static void test_corrupt_is_worse_than_done(void)
{
	struct stream st = stream_new(nothing);

	st.s.corrupt_pages = 1;
	finish_well(&st);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_CORRUPT);
	judge_free(st.j);
}

static void test_oom_needs_room_in_swap(void)
{
	struct stream st = stream_new(nothing);

	st.s.oom_kills = 1;
	st.s.swap_free_pages = 10;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_false(judge_conclude(st.j)->held[VERDICT_OOM]);
	st.s.swap_free_pages = 50000;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_true(judge_conclude(st.j)->held[VERDICT_OOM]);
	judge_free(st.j);
}

/* Who swaps off is killed first; whoever else is, is not excused. */
static void test_oom_ends_swapoff(void)
{
	struct stream st = stream_new(nothing);

	st.s.swap_free_pages = 50000;
	st.s.swapoffs = st.s.oom_kills = 1;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_false(judge_conclude(st.j)->held[VERDICT_OOM]);
	st.s.oom_kills = 2;
	tick(&st, TRUE, TRUE, TRUE);
	g_assert_true(judge_conclude(st.j)->held[VERDICT_OOM]);
	judge_free(st.j);
}

static void test_precedence(void)
{
	struct stream st = stream_new(nothing);

	judge_evidence(st.j, VERDICT_IO_ERROR, "Write-error on swap-device");
	judge_evidence(st.j, VERDICT_CRASH, "Kernel panic");
	tick(&st, FALSE, FALSE, TRUE);
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_CRASH);
	g_assert_true(judge_conclude(st.j)->held[VERDICT_IO_ERROR]);
	judge_free(st.j);
}

static void test_unknown_is_not_progress(void)
{
	struct stream st = stream_new(knot);

	tick(&st, TRUE, TRUE, TRUE);
	/* A torn read now and then must neither feed nor starve the count. */
	for (int i = 0; i < 12 * SECOND_TICKS && st.wants != JUDGE_WANTS_END; i++) {
		gint64 kept = st.s.swap_out_pages;

		if (i % 3 == 0)
			st.s.swap_out_pages = SAMPLE_UNKNOWN;
		tick(&st, FALSE, FALSE, TRUE);
		st.s.swap_out_pages = kept;
	}
	g_assert_cmpint(verdict_of(&st), ==, VERDICT_DEADLOCK);
	judge_free(st.j);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/judge/deadlock-within-ten-seconds", test_deadlock_within_ten_seconds);
	g_test_add_func("/judge/arrivals-lost", test_arrivals_lost);
	g_test_add_func("/judge/arrivals-refused", test_arrivals_refused);
	g_test_add_func("/judge/connect-in-vain", test_connect_in_vain);
	g_test_add_func("/judge/connecting-is-no-livelock", test_connecting_is_no_livelock);
	g_test_add_func("/judge/unfair-time", test_unfair_time_convicts_nobody);
	g_test_add_func("/judge/fault-in-force", test_fault_in_force_convicts_nobody);
	g_test_add_func("/judge/starved", test_starved_at_the_deadline);
	g_test_add_func("/judge/timers", test_timers_get_their_chance);
	g_test_add_func("/judge/recovery-timers", test_recovery_gets_its_chance);
	g_test_add_func("/judge/recovery-of-each", test_recovery_of_each);
	g_test_add_func("/judge/no-recovery", test_no_recovery_to_wait_for);
	g_test_add_func("/judge/recovery-torn", test_recovery_torn);
	g_test_add_func("/judge/livelock-after-recovery", test_livelock_after_recovery);
	g_test_add_func("/judge/patience-with-recovery", test_patience_with_recovery);
	g_test_add_func("/judge/livelock", test_livelock);
	g_test_add_func("/judge/user-code", test_user_code_is_progress);
	g_test_add_func("/judge/writeback", test_writeback_is_progress);
	g_test_add_func("/judge/traffic", test_traffic);
	g_test_add_func("/judge/traffic-of-a-hang", test_traffic_of_a_hang);
	g_test_add_func("/judge/no-traffic", test_no_traffic);
	g_test_add_func("/judge/unknown-traffic", test_unknown_traffic);
	g_test_add_func("/judge/recovered", test_recovered);
	g_test_add_func("/judge/recovered-from-the-last", test_recovered_from_the_last);
	g_test_add_func("/judge/stall-without-knot", test_stall_without_knot);
	g_test_add_func("/judge/dead-server", test_dead_server_is_infra);
	g_test_add_func("/judge/pass", test_pass);
	g_test_add_func("/judge/too-little-pressure", test_too_little_pressure);
	g_test_add_func("/judge/corrupt", test_corrupt_is_worse_than_done);
	g_test_add_func("/judge/oom", test_oom_needs_room_in_swap);
	g_test_add_func("/judge/oom-ends-swapoff", test_oom_ends_swapoff);
	g_test_add_func("/judge/precedence", test_precedence);
	g_test_add_func("/judge/unknown", test_unknown_is_not_progress);
	return g_test_run();
}
