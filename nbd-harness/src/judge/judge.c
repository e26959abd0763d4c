// SPDX-License-Identifier: GPL-2.0-only
#include "judge/judge.h"

#include <string.h>

#include <board.h>

#define SECOND_US	     G_GINT64_CONSTANT(1000000)

#define QUIET_SNAPSHOT_US    (4 * SECOND_US) /* so long without progress: look closely */
#define SNAPSHOT_EVERY_US    (3 * SECOND_US)
#define QUIET_DEADLOCK_US    (7 * SECOND_US)
#define QUIET_LIVELOCK_US    (10 * SECOND_US)
#define QUIET_GIVE_UP_US     (60 * SECOND_US)  /* stalled, and no knot explains it */
#define RECOVERY_PATIENCE_US (130 * SECOND_US) /* twice RPC's 60 s, and a little */
#define QUIET_RECOVERY_US    (300 * SECOND_US) /* the same while timers may still bring swap back */
#define QUIET_AFTER_BAD_US   (10 * SECOND_US)  /* ... when something worse is known already */
#define STARVED_AFTER_US     (3 * SECOND_US)
#define BUSY_PERCENT	     50 /* of one CPU, over the quiet time: a livelock, not a wait */
#define TIMER_CHANCES	     2
/* "Swap still had room": more than this part of it was free. */
#define SWAP_ROOM_DIVISOR 20
#define ARRIVALS_LOST	  2 /* packets that came in and were not seen again */

struct judge {
	struct judge_config config;
	struct ruling ruling;

	struct sample last, progress; /* the latest sample; the one that last moved */
	gboolean any;
	gint64 press_fair_us;		       /* when pressure began, -1: not yet */
	gint64 press_host_us, touched_host_us; /* ... and when it last touched a page */
	gint64 healed_host_us;		       /* the last fault, -1: none that is waited for */
	GPtrArray *faults;		       /* names in force */
	gboolean starved; /* no progress while a fault was in force, at the end */

	struct snapshot *snapshot; /* the latest, and its graph */
	struct waitgraph *graph;
	gint64 snapshot_fair_us;
	gboolean recovery_over; /* when it was taken, recovery had had its chance */

	/* What reception was like in the first snapshot since the last progress. */
	struct reception {
		gint64 progress_us; /* that progress's host time, -1: no snapshot yet */
		gint posted;	    /* receive buffers, the most since then; -1: not known */
		gint64 dropped;	    /* packets, -1: not known */
		gint64 refused;	    /* by TCP, SAMPLE_UNKNOWN: not known */
		gint64 reserved;    /* in reserve memory, and therefore refused */
		guint32 snd_una;
	} reception;
};

struct judge *judge_new(const struct judge_config *config)
{
	struct judge *j = g_new0(struct judge, 1);

	j->config = *config;
	j->press_fair_us = -1;
	j->healed_host_us = j->ruling.traffic.recovered_us = -1;
	j->recovery_over = TRUE; /* until a snapshot says otherwise */
	j->reception.progress_us = -1;
	j->faults = g_ptr_array_new_with_free_func(g_free);
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	g_ptr_array_unref(j->faults);
	snapshot_free(j->snapshot);
	waitgraph_free(j->graph);
	g_free(j->ruling.signature);
	for (int v = 0; v < VERDICTS; v++)
		g_free(j->ruling.reason[v]);
	g_free(j);
}

void judge_evidence(struct judge *j, enum verdict v, const char *reason)
{
	if (!j->ruling.held[v])
		j->ruling.reason[v] = g_strdup(reason);
	j->ruling.held[v] = TRUE;
}

G_GNUC_PRINTF(3, 4)
static void hold(struct judge *j, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_autofree char *reason = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	judge_evidence(j, v, reason);
}

/*
 * What counts as progress: something was finished, not merely tried.  Scans,
 * stalls and retransmissions are attempts and do not count.
 */
static gboolean moved(const struct sample *a, const struct sample *b)
{
	static const gsize fields[] = {
#define OFFSET(field) offsetof(struct sample, field)
		OFFSET(phase),		 OFFSET(swap_in_pages),	 OFFSET(swap_out_pages),
		OFFSET(reclaimed_pages), OFFSET(nbd_completed),	 OFFSET(oom_kills),
		OFFSET(touched_pages),	 OFFSET(verified_pages), OFFSET(slots_running),
		OFFSET(user_ns),	 OFFSET(written_pages),
#undef OFFSET
	};

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		gint64 x = G_STRUCT_MEMBER(gint64, a, fields[i]);
		gint64 y = G_STRUCT_MEMBER(gint64, b, fields[i]);

		if (x != y && x != SAMPLE_UNKNOWN && y != SAMPLE_UNKNOWN)
			return TRUE;
	}
	return FALSE;
}

static void restart_patience(struct judge *j)
{
	j->progress = j->last;
	j->snapshot_fair_us = 0;
}

void judge_fault(struct judge *j, const char *name, gboolean begins)
{
	guint i;

	if (begins) {
		g_ptr_array_add(j->faults, g_strdup(name));
	} else if (g_ptr_array_find_with_equal_func(j->faults, name, g_str_equal, &i)) {
		g_ptr_array_remove_index(j->faults, i);
		/* Healed: everything that waited gets its chances from now on. */
		restart_patience(j);
		j->starved = FALSE;
		j->healed_host_us = j->last.host_us;
		j->ruling.traffic.recovered_us = -1;
	}
}

gboolean judge_is_starved(const struct judge *j)
{
	return j->starved;
}

static gint64 quiet_us(const struct judge *j)
{
	return j->last.fair_us - j->progress.fair_us;
}

static gboolean known_bad(const struct judge *j)
{
	for (int v = 0; v < VERDICT_STARVED; v++) {
		if (j->ruling.held[v])
			return TRUE;
	}
	return FALSE;
}

/* Timer firings since the last progress; every armed one must have had its chances. */
static gint64 timer_fires(const struct judge *j)
{
	return j->last.tcp_timer_fires - j->progress.tcp_timer_fires;
}

/* Those that connect anew, or give up what was not answered: half a minute is nothing to them. */
static gboolean recovery_had_its_chance(const struct judge *j)
{
	/* Those that fired may be others than those that are pending: so time counts as well. */
	return j->last.recovery_timers <= 0 ||
	       (quiet_us(j) >= RECOVERY_PATIENCE_US &&
		j->last.recovery_fires - j->progress.recovery_fires >=
			TIMER_CHANCES * j->last.recovery_timers);
}

static gint64 connect_fires(const struct judge *j)
{
	return j->last.connect_fires - j->progress.connect_fires;
}

static gboolean timers_had_their_chance(const struct judge *j)
{
	return (j->last.connecting <= 0 || connect_fires(j) >= TIMER_CHANCES) &&
	       (j->last.tcp_timer_armed != 1 || timer_fires(j) >= TIMER_CHANCES) &&
	       recovery_had_its_chance(j);
}

/* What people who wait for the machine would see. */
static void watch_traffic(struct judge *j, const struct sample *s)
{
	struct traffic *t = &j->ruling.traffic;
	gboolean touched = s->touched_pages != j->last.touched_pages || s->phase == BOARD_DONE;

	if (j->press_fair_us < 0) {
		if (s->phase == BOARD_PRESSING)
			j->press_host_us = j->touched_host_us = s->host_us;
		return;
	}
	t->pressed_us = s->host_us - j->press_host_us;
	if (s->swap_out_pages != SAMPLE_UNKNOWN)
		t->out_pages = s->swap_out_pages;
	if (s->swap_in_pages != SAMPLE_UNKNOWN)
		t->in_pages = s->swap_in_pages;
	t->stall_us = MAX(t->stall_us, s->host_us - j->touched_host_us);
	if (!touched)
		return;
	j->touched_host_us = s->host_us;
	if (j->healed_host_us >= 0)
		t->recovered_us = s->host_us - j->healed_host_us;
	j->healed_host_us = -1;
}

static void look_at_counters(struct judge *j, const struct sample *s)
{
	if (s->corrupt_pages > 0 || s->slots_corrupt > 0)
		hold(j, VERDICT_CORRUPT, "%" G_GINT64_FORMAT " pages came back different",
		     MAX(s->corrupt_pages, s->slots_corrupt));
	/* Who swaps off is killed first, by design, and no loss: oom_badness() asks for no more. */
	if (s->oom_kills > MAX(s->swapoffs, 0) &&
	    s->swap_free_pages > s->swap_total_pages / SWAP_ROOM_DIVISOR)
		hold(j, VERDICT_OOM,
		     "the OOM killer struck with %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
		     " swap pages free",
		     s->swap_free_pages, s->swap_total_pages);
}

static gboolean is_busy(const struct judge *j)
{
	return (j->last.vcpu_us - j->progress.vcpu_us) * 100 >= quiet_us(j) * BUSY_PERCENT;
}

/* Once recovery had its chance, there is one more look at what stands now. */
static gint64 patience_us(const struct judge *j)
{
	return j->recovery_over && recovery_had_its_chance(j) ? QUIET_GIVE_UP_US
							      : QUIET_RECOVERY_US;
}

static enum judge_wants on_quiet(struct judge *j)
{
	gint64 quiet = quiet_us(j);
	double quiet_s = quiet / 1e6;

	if (j->faults->len) {
		j->starved = quiet >= STARVED_AFTER_US;
		return JUDGE_WANTS_NOTHING;
	}
	if (known_bad(j) && quiet >= QUIET_AFTER_BAD_US)
		return JUDGE_WANTS_END;
	if (quiet >= QUIET_LIVELOCK_US && is_busy(j) && j->graph && !waitgraph_has_knot(j->graph) &&
	    !j->graph->peer_stuck && timers_had_their_chance(j)) {
		hold(j, VERDICT_LIVELOCK,
		     "CPUs busy (%.0f %% of one) and no progress for %.1f s of fair time",
		     100.0 * (j->last.vcpu_us - j->progress.vcpu_us) / quiet, quiet_s);
		return JUDGE_WANTS_END;
	}
	if (quiet >= patience_us(j)) {
		if (j->graph && j->graph->peer_stuck)
			hold(j, VERDICT_INFRA, "the swap server stopped answering without a fault");
		else
			hold(j, VERDICT_INCONCLUSIVE,
			     "no progress for %.0f s of fair time, and no knot explains it",
			     quiet_s);
		return JUDGE_WANTS_END;
	}
	if (quiet >= QUIET_SNAPSHOT_US &&
	    j->last.fair_us - j->snapshot_fair_us >= SNAPSHOT_EVERY_US)
		return JUDGE_WANTS_SNAPSHOT;
	return JUDGE_WANTS_NOTHING;
}

static enum judge_wants on_deadline(struct judge *j)
{
	if (j->faults->len && j->starved)
		hold(j, VERDICT_STARVED, "no progress while fault %s is in force",
		     (char *)g_ptr_array_index(j->faults, 0));
	else
		hold(j, VERDICT_INCONCLUSIVE,
		     "still progressing at the deadline of %" G_GINT64_FORMAT " s of fair time",
		     j->config.press_deadline_us / SECOND_US);
	return JUDGE_WANTS_END;
}

/* A torn reading is no sign that timers are gone: those seen before it still count. */
static void keep_sample(struct judge *j, const struct sample *s)
{
	gint64 timers = j->last.recovery_timers, fires = j->last.recovery_fires;

	j->last = *s;
	if (s->recovery_timers != SAMPLE_UNKNOWN)
		return;
	j->last.recovery_timers = timers;
	j->last.recovery_fires = fires;
}

enum judge_wants judge_sample(struct judge *j, const struct sample *s)
{
	gboolean progress = !j->any || moved(&j->last, s);

	watch_traffic(j, s);
	keep_sample(j, s);
	if (progress) {
		j->progress = j->last;
		j->starved = FALSE;
		/* An older snapshot says nothing about a later quiet time. */
		j->snapshot_fair_us = 0;
		g_clear_pointer(&j->graph, waitgraph_free);
		g_clear_pointer(&j->snapshot, snapshot_free);
	}
	j->any = TRUE;
	look_at_counters(j, s);

	if (j->ruling.held[VERDICT_INFRA] || j->ruling.held[VERDICT_CORRUPT] ||
	    j->ruling.held[VERDICT_CRASH] || s->phase == BOARD_DONE || s->phase == BOARD_FAILED)
		return JUDGE_WANTS_END;
	if (s->phase < BOARD_PRESSING) {
		if (s->fair_us < j->config.boot_deadline_us)
			return JUDGE_WANTS_NOTHING;
		hold(j, VERDICT_INFRA,
		     "the guest did not reach its pressure in %.0f s of fair time",
		     j->config.boot_deadline_us / 1e6);
		return JUDGE_WANTS_END;
	}
	if (j->press_fair_us < 0)
		j->press_fair_us = s->fair_us;
	if (s->fair_us - j->press_fair_us >= j->config.press_deadline_us)
		return on_deadline(j);
	return on_quiet(j);
}

static struct reception reception_of(const struct snapshot *s, const struct judge *j)
{
	struct reception r = { .progress_us = j->progress.host_us,
			       .posted = -1,
			       .dropped = -1,
			       .refused = j->last.tcp_mem_drops,
			       .reserved = j->last.pfmemalloc_drops };

	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);

		if (napi->rx_posted >= 0)
			r.posted = MAX(r.posted, 0) + napi->rx_posted;
		if (napi->rx_dropped >= 0)
			r.dropped = MAX(r.dropped, 0) + napi->rx_dropped;
	}
	for (guint i = 0; i < s->sockets->len; i++)
		r.snd_una += g_array_index(s->sockets, struct socket_facts, i).snd_una;
	return r;
}

static gboolean below_min(const struct snapshot *s)
{
	gint64 free_pages = 0, min_pages = 0;

	for (guint i = 0; i < s->zones->len; i++) {
		free_pages += g_array_index(s->zones, struct zone_facts, i).free_pages;
		min_pages += g_array_index(s->zones, struct zone_facts, i).min_pages;
	}
	return free_pages < min_pages;
}

/*
 * Since the last progress packets came in and were lost, and nothing was
 * acknowledged.  The driver counts them; where its count cannot be read, the
 * buffers that they used up tell.
 */
static void look_for_arrivals(struct judge *j, const struct snapshot *s,
			      struct waitgraph_hints *hints)
{
	struct reception now = reception_of(s, j);
	struct reception *first = &j->reception;
	gint64 lost;

	if (first->progress_us != now.progress_us) {
		*first = now;
		return;
	}
	first->posted = MAX(first->posted, now.posted);
	hints->arrivals_refused = now.refused - first->refused >= ARRIVALS_LOST;
	hints->connect_in_vain = now.reserved - first->reserved >= ARRIVALS_LOST &&
				 connect_fires(j) >= TIMER_CHANCES;
	lost = now.dropped >= 0 ? now.dropped - first->dropped : first->posted - now.posted;
	hints->arrivals_lost = lost >= ARRIVALS_LOST && first->snd_una == now.snd_una &&
			       below_min(s);
}

enum judge_wants judge_snapshot(struct judge *j, struct snapshot *s)
{
	struct waitgraph_hints hints = { .receive_in_vain = timer_fires(j) >= TIMER_CHANCES };
	struct waitgraph *graph;
	gboolean same;

	look_for_arrivals(j, s, &hints);
	graph = waitgraph_build(s, &hints);
	same = j->graph && waitgraph_same_knot(j->graph, j->snapshot, graph, s);

	g_clear_pointer(&j->graph, waitgraph_free);
	g_clear_pointer(&j->snapshot, snapshot_free);
	j->graph = graph;
	j->snapshot = s;
	j->snapshot_fair_us = j->last.fair_us;
	j->recovery_over = recovery_had_its_chance(j);

	if (!same || quiet_us(j) < QUIET_DEADLOCK_US || !timers_had_their_chance(j) ||
	    j->faults->len)
		return JUDGE_WANTS_NOTHING;

	g_free(j->ruling.signature);
	j->ruling.signature = waitgraph_signature(graph);
	hold(j, VERDICT_DEADLOCK,
	     "the same knot of %u stood in two snapshots, no progress for %.1f s of fair time",
	     graph->knot_size, quiet_us(j) / 1e6);
	return JUDGE_WANTS_END;
}

/* The pressure ended: did it press, and did all of it end well? */
static void look_at_end(struct judge *j)
{
	const struct sample *s = &j->last;

	if (s->phase != BOARD_DONE || known_bad(j))
		return;
	if (s->slots_failed > 0 || s->slots_killed > 0 || s->slots_passed <= 0)
		hold(j, VERDICT_INCONCLUSIVE,
		     "%" G_GINT64_FORMAT " pressure processes failed, %" G_GINT64_FORMAT
		     " were killed, %" G_GINT64_FORMAT " passed",
		     s->slots_failed, s->slots_killed, s->slots_passed);
	else if (s->swap_out_pages < j->config.floor_out_pages ||
		 s->swap_in_pages < j->config.floor_in_pages)
		hold(j, VERDICT_INCONCLUSIVE,
		     "too little swap traffic: %" G_GINT64_FORMAT " pages out and %" G_GINT64_FORMAT
		     " in, the floor is %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
		     s->swap_out_pages, s->swap_in_pages, j->config.floor_out_pages,
		     j->config.floor_in_pages);
	else
		hold(j, VERDICT_PASS,
		     "%" G_GINT64_FORMAT " pages verified, %" G_GINT64_FORMAT
		     " swapped out and %" G_GINT64_FORMAT " in",
		     s->verified_pages, s->swap_out_pages, s->swap_in_pages);
}

const struct ruling *judge_conclude(struct judge *j)
{
	struct ruling *r = &j->ruling;

	look_at_end(j);
	r->verdict = VERDICT_INCONCLUSIVE;
	for (int v = VERDICTS - 1; v >= 0; v--) {
		if (r->held[v])
			r->verdict = v;
	}
	if (!r->held[r->verdict])
		hold(j, VERDICT_INCONCLUSIVE, "the run ended before anything could be said");
	if (!r->signature)
		r->signature = g_strdup("");
	r->last_progress_host_us = j->progress.host_us;
	r->last_progress_fair_us = j->progress.fair_us;
	r->decided_host_us = j->last.host_us;
	r->decided_fair_us = j->last.fair_us;
	r->snapshot = j->snapshot;
	r->graph = j->graph;
	return r;
}
