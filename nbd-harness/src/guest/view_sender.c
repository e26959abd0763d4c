// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.16 a bit of nbd_cmd.flags says that a request's command was sent.
 * Before, the stack of who sends it does:
 *
 *	nbd_queue_rq(request) -> nbd_send_cmd(its nbd_cmd) -> ... -> asleep
 *
 * One request at a time is sent, under tx_lock, and while its sender sleeps the
 * address of request or nbd_cmd is in the live part of its stack.  An earlier
 * call may have left the address of another there, which may have been sent:
 * of a stack that has the addresses of two, nothing is told.
 */
#include "guest/view_sender.h"

#include "guest/unwind.h"

static gboolean is_sending(const struct task_facts *t)
{
	for (guint i = 0; i < t->frames; i++) {
		if (!g_strcmp0(t->stack[i].function, "nbd_send_cmd"))
			return !t->on_cpu;
	}
	return FALSE;
}

static gboolean read_live_stack(const struct guest *g, const struct task_facts *t, guint64 *words,
				guint *n)
{
	guint64 base, sp;

	if (!guest_u64(g, t->address + g->at.task_stack, &base) ||
	    !guest_u64(g, t->address + g->at.task_sp, &sp) || sp - base >= STACK_BYTES || sp & 7)
		return FALSE;
	*n = (base + STACK_BYTES - sp) / 8;
	return guest_read(g, sp, words, *n * 8ull);
}

static gboolean is_there(const guint64 *words, guint n, guint64 address)
{
	for (guint i = 0; i < n; i++) {
		if (words[i] == address)
			return TRUE;
	}
	return FALSE;
}

/* The one request that has its own or its nbd_cmd's address among @words. */
static struct request_facts *request_among(const struct guest *g, const struct snapshot *s,
					   const guint64 *words, guint n)
{
	struct request_facts *found = NULL;

	for (guint i = 0; i < s->requests->len; i++) {
		struct request_facts *r = &g_array_index(s->requests, struct request_facts, i);

		if (!g_str_has_prefix(r->name, "nbd") ||
		    (!is_there(words, n, r->address) &&
		     !is_there(words, n, r->address + g->at.request_struct_bytes)))
			continue;
		if (found)
			return NULL;
		found = r;
	}
	return found;
}

gboolean view_sender_snapshot(const struct guest *g, struct snapshot *snapshot)
{
	g_autofree guint64 *words = g_new(guint64, STACK_BYTES / 8);
	gboolean whole = TRUE;
	guint n;

	for (guint i = 0; i < snapshot->tasks->len; i++) {
		const struct task_facts *t = &g_array_index(snapshot->tasks, struct task_facts, i);
		struct request_facts *r;

		if (!is_sending(t))
			continue;
		if (!read_live_stack(g, t, words, &n)) {
			whole = FALSE;
			continue;
		}
		r = request_among(g, snapshot, words, n);
		if (r && !r->on_wire)
			r->unsent = TRUE;
	}
	return whole;
}
