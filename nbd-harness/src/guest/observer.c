// SPDX-License-Identifier: GPL-2.0-only
#include "guest/observer.h"

#include <board.h>

#include "guest/unwind.h"
#include "guest/view_block.h"
#include "guest/view_held.h"
#include "guest/view_mm.h"
#include "guest/view_nbd.h"
#include "guest/view_net.h"
#include "guest/view_reclaim.h"
#include "guest/view_reserve.h"
#include "guest/view_rpc.h"
#include "guest/view_sender.h"
#include "guest/view_socket.h"
#include "guest/view_task.h"
#include "guest/view_timer.h"
#include "guest/view_waited.h"
#include "guest/view_work.h"

/* A guest of 60 tasks takes 600 and 4200 reads; of a hostile one this is some seconds of work. */
#define SAMPLE_READS_MAX   2000000
#define SNAPSHOT_READS_MAX 20000000

struct observer {
	const struct guest *g;
	const struct board *board;
	struct unwinder *unwinder;
	struct view_mm *mm;
	struct view_socket *sockets;
	struct view_nbd *nbd;
	struct view_timer *timers;
	gboolean over_nbd;
};

struct observer *observer_new(const struct guest *g, const struct board *board, gboolean over_nbd,
			      GError **error)
{
	struct observer *o = g_new0(struct observer, 1);

	o->g = g;
	o->board = board;
	o->unwinder = unwinder_new(g);
	o->mm = view_mm_new(g, error);
	o->over_nbd = over_nbd;
	o->sockets = view_socket_new(g);
	o->timers = view_timer_new(g);
	o->nbd = view_nbd_new(g, o->sockets);
	if (!o->mm || (over_nbd && !view_nbd_is_there(o->nbd, error))) {
		observer_free(o);
		return NULL;
	}
	return o;
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	unwinder_free(o->unwinder);
	view_mm_free(o->mm);
	view_nbd_free(o->nbd);
	view_socket_free(o->sockets);
	view_timer_free(o->timers);
	g_free(o);
}

/* What a companion does is no progress, but that it fails is to be known. */
static void count_slot(const struct board_slot *slot, struct sample *s)
{
	s->companion_rounds += slot->rounds;
	if (slot->companion && slot->state != BOARD_SLOT_FAILED && slot->state != BOARD_SLOT_KILLED)
		return;
	switch (slot->state) {
	case BOARD_SLOT_RUNNING:
		s->slots_running++;
		break;
	case BOARD_SLOT_PASSED:
		s->slots_passed++;
		break;
	case BOARD_SLOT_CORRUPT:
		s->slots_corrupt++;
		break;
	case BOARD_SLOT_FAILED:
		s->slots_failed++;
		break;
	case BOARD_SLOT_KILLED:
		s->slots_killed++;
		break;
	}
	s->touched_pages += slot->pages_touched;
	s->verified_pages += slot->pages_verified;
	s->corrupt_pages += slot->pages_corrupt;
	s->pass_pages += slot->pages_total;
}

void observer_sample_board(const struct board *board, struct sample *s)
{
	s->phase = board->phase;
	s->heartbeat = board->heartbeat;
	s->swapoffs = board->swapoffs;
	s->slots_running = s->slots_passed = s->slots_corrupt = s->slots_failed = 0;
	s->slots_killed = s->touched_pages = s->verified_pages = s->corrupt_pages = 0;
	s->pass_pages = s->companion_rounds = 0;

	/* The guest writes slots_used, also meanwhile: never trust it beyond the array. */
	guint used = g_atomic_int_get((const gint *)&board->slots_used);

	for (guint i = 0; i < MIN(used, BOARD_SLOTS); i++)
		count_slot(&board->slots[i], s);
}

/* PIDs of companions, whose CPU time is no progress either: GArray of gint32, caller frees. */
static GArray *companions(const struct board *board)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(gint32));
	guint used = g_atomic_int_get((const gint *)&board->slots_used);

	for (guint i = 0; i < MIN(used, BOARD_SLOTS); i++)
		if (board->slots[i].companion)
			g_array_append_val(pids, board->slots[i].pid);
	return pids;
}

void observer_sample(struct observer *o, struct sample *s)
{
	g_autoptr(GArray) idle = companions(o->board);

	observer_sample_board(o->board, s);
	guest_allow_reads(o->g, SAMPLE_READS_MAX);
	view_mm_sample(o->mm, s);
	view_socket_begin(o->sockets, s);
	if (o->over_nbd) {
		view_nbd_sample(o->nbd, s);
		view_socket_connecting(o->sockets, s);
	} else {
		view_socket_memalloc(o->sockets, s, NULL);
		view_rpc_sample(o->g, s);
		view_timer_sample(o->timers, s);
	}
	view_net_sample(o->g, s);
	view_reserve_sample(o->g, s);
	view_task_sample(o->g, idle, s);
}

struct snapshot *observer_snapshot(struct observer *o, gint64 host_us, const GArray *cpus)
{
	struct snapshot *snapshot = snapshot_new();

	guest_allow_reads(o->g, SNAPSHOT_READS_MAX);
	unwinder_stopped(o->unwinder, cpus);
	snapshot->host_us = host_us;
	snapshot->complete = view_task_snapshot(o->g, o->unwinder, snapshot->tasks);
	/* After the tasks, which say what they wait for; blocks say more of what is found so far.
	 */
	snapshot->complete &= view_reclaim_snapshot(o->g, snapshot->tasks);
	snapshot->complete &= view_waited_snapshot(o->g, snapshot);
	snapshot->complete &= view_nbd_snapshot(o->nbd, snapshot);
	/* Those of NBD bear its names; of others there is the mark alone. */
	if (!snapshot->sockets->len)
		snapshot->complete &= view_socket_memalloc(o->sockets, NULL, snapshot);
	snapshot->complete &= view_block_snapshot(o->g, o->nbd, host_us, snapshot);
	snapshot->complete &= view_rpc_snapshot(o->g, snapshot->requests);
	snapshot->complete &= view_sender_snapshot(o->g, snapshot);
	snapshot->complete &= view_held_snapshot(o->g, snapshot);
	snapshot->complete &= view_work_snapshot(o->g, snapshot);
	snapshot->complete &= view_net_snapshot(o->g, snapshot->napis);
	snapshot->complete &= view_mm_zones(o->mm, snapshot->zones);
	snapshot->complete &= view_reserve_snapshot(o->g, snapshot->reserve);
	return snapshot;
}
