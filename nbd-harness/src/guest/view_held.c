// SPDX-License-Identifier: GPL-2.0-only
/*
 * A taken tag is a request in somebody's hands, an element that a mempool
 * misses likewise, and neither names its holder.  Two places tell:
 *
 *	request.queuelist -> ... -> a list head on a task's stack, live part
 *		as those who allocate or dispatch several keep them; every node
 *		is linked both ways, and all but the head are taken requests
 *		(of elements: in a slab of the pool's cache)
 *	the address of a request or an element that is on no list, in the live
 *	part of one task's stack
 *		and of no other's: what calls left behind there is believed as
 *		little as what two may have
 *
 * A locked socket names its owner as little: it is the one task that has its
 * address on its stack, is in a function called so that it has the lock
 * (tcp_sendmsg_locked()), and does not wait where the lock is let go.
 *
 * Requests in flight are the device's, those on lists elsewhere (a scheduler's,
 * a dispatch list) the block layer's.  Plugs are not looked into: who sleeps
 * has an empty one.  Of a mempool the elements are known by their slab cache;
 * if those found are not as many as are missing, others took objects of that
 * cache too, or keep some elsewhere: then none of it is told.
 */
#include "guest/view_held.h"

#include "guest/slab.h"
#include "guest/unwind.h"
#include "guest/view_block.h"
#include "judge/waits.h"

#define THINGS_MAX 1024 /* requests of a tag set, elements of a mempool */
#define NOBODY	   G_MAXUINT

static const char on_list[] = "held on a list whose head is on its stack,";
static const char by_address[] = "held by address on its stack,";

/* The live part of a task's stack; of one on a CPU, all of it. */
struct live {
	guint64 from, end;
};

/* A request or an element that was taken. */
struct thing {
	guint64 address;
	gboolean placed;   /* it is known where it is */
	guint task;	   /* index of who has it, or NOBODY */
	const char *where; /* on_list or by_address */
	guint64 at;
};

struct search {
	const struct guest *g;
	struct snapshot *snapshot;
	GArray *stacks;			/* of struct live, as snapshot->tasks */
	GHashTable *things;		/* struct thing by its address */
	const struct slab_cache *cache; /* objects of which are things as well; or NULL */
	guint64 static_rqs;		/* of the tags that are looked at */
	/* Who may have some; NULL: everybody. */
	gboolean (*may_hold)(const struct task_facts *t);
	gboolean whole; /* all could be read */
};

static struct thing *add_thing(struct search *s, guint64 address)
{
	struct thing *thing = g_new0(struct thing, 1);

	thing->address = address;
	thing->task = NOBODY;
	g_hash_table_insert(s->things, &thing->address, thing);
	return thing;
}

static struct thing *thing_at(const struct search *s, guint64 address)
{
	return g_hash_table_lookup(s->things, &address);
}

static void add_stacks(struct search *s)
{
	for (guint i = 0; i < s->snapshot->tasks->len; i++) {
		const struct task_facts *t =
			&g_array_index(s->snapshot->tasks, struct task_facts, i);
		struct live live = { 0, 0 };
		guint64 base, sp;

		if (guest_u64(s->g, t->address + s->g->at.task_stack, &base) &&
		    guest_is_pointer(base) && guest_u64(s->g, t->address + s->g->at.task_sp, &sp)) {
			live.end = base + STACK_BYTES;
			live.from = t->on_cpu ? base : CLAMP(sp, base, live.end);
		}
		g_array_append_val(s->stacks, live);
	}
}

/* The index of the task on whose stack @address is, or NOBODY. */
static guint stack_of(const struct search *s, guint64 address)
{
	for (guint i = 0; i < s->stacks->len; i++) {
		const struct live *live = &g_array_index(s->stacks, struct live, i);

		if (address >= live->from && address < live->end)
			return i;
	}
	return NOBODY;
}

/* --- by list --------------------------------------------------------------- */

/*
 * Follow the ring from @first to its head, or to a request whose place is
 * known: all those on the way are there too.
 */
static void follow_ring(struct search *s, struct thing *first)
{
	guint list = s->g->at.request_list;
	struct thing *last = first, *next;
	guint64 at = first->address + list;
	guint steps = 0;

	while (guest_is_linked(s->g, at) && guest_u64(s->g, at, &at)) {
		next = thing_at(s, at - list);
		if (next == first || steps++ > THINGS_MAX)
			return; /* a ring without a head */
		if (next && !next->placed) {
			last = next;
			continue;
		}
		if (!next && !guest_is_linked(s->g, at))
			return;
		last->placed = TRUE;
		last->task = next ? next->task : stack_of(s, at);
		last->where = on_list;
		last->at = next ? next->at : at;
		break;
	}
	if (!last->placed)
		return;
	for (struct thing *thing = first; thing != last;) {
		thing->placed = TRUE;
		thing->task = last->task;
		thing->where = on_list;
		thing->at = last->at;
		if (!guest_u64(s->g, thing->address + list, &at))
			return;
		thing = thing_at(s, at - list);
		if (!thing)
			return;
	}
}

/* --- on the stacks --------------------------------------------------------- */

/*
 * If @head, on @task's stack, is that of a list of elements, place them there.
 * A node may be anywhere in its element; the ring must close at the head.
 */
static void see_list(struct search *s, guint task, guint64 head)
{
	g_autoptr(GArray) elements = g_array_new(FALSE, FALSE, sizeof(guint64));
	guint64 node = head, element;

	do {
		if (elements->len > THINGS_MAX || !guest_is_linked(s->g, node) ||
		    !guest_u64(s->g, node, &node))
			return;
		element = node == head ? 0 : slab_object_at(s->g, s->cache, node);
		if (element)
			g_array_append_val(elements, element);
	} while (element);
	for (guint i = 0; node == head && i < elements->len; i++) {
		struct thing *thing = thing_at(s, g_array_index(elements, guint64, i));

		if (!thing)
			thing = add_thing(s, g_array_index(elements, guint64, i));
		thing->placed = TRUE;
		thing->task = task;
		thing->where = on_list;
		thing->at = head;
	}
}

/* A word that points into an element: its address, or the first link of a list of such. */
static void see_element(struct search *s, guint task, guint64 at, guint64 word)
{
	guint64 element = slab_object_at(s->g, s->cache, word);

	if (!element || g_hash_table_size(s->things) > THINGS_MAX)
		return;
	see_list(s, task, at);
	if (element == word && !thing_at(s, word))
		add_thing(s, word);
}

static void see_word(struct search *s, guint task, guint64 at, guint64 word)
{
	struct thing *thing;

	if (s->cache)
		see_element(s, task, at, word);
	thing = thing_at(s, word);
	if (!thing || thing->placed)
		return;
	if (!thing->where) {
		thing->task = task;
		thing->where = by_address;
		thing->at = at;
	} else if (thing->task != task) {
		thing->task = NOBODY;
	}
}

static void search_stacks(struct search *s)
{
	g_autofree guint64 *words = g_new(guint64, STACK_BYTES / 8);

	for (guint i = 0; i < s->stacks->len; i++) {
		const struct live *live = &g_array_index(s->stacks, struct live, i);
		guint64 from = live->from & ~7ull;

		if (from == live->end ||
		    (s->may_hold &&
		     !s->may_hold(&g_array_index(s->snapshot->tasks, struct task_facts, i))))
			continue;
		if (!guest_read(s->g, from, words, live->end - from)) {
			s->whole = FALSE;
			continue;
		}
		for (guint k = 0; k < (live->end - from) / 8; k++)
			see_word(s, i, from + k * 8, words[k]);
	}
}

/* --- the result ------------------------------------------------------------ */

static struct holder_facts *holder_of(GArray *holders, const struct holder_facts *like)
{
	for (guint i = 0; i < holders->len; i++) {
		struct holder_facts *h = &g_array_index(holders, struct holder_facts, i);

		if (h->object == like->object && h->task == like->task && h->where == like->where)
			return h;
	}
	g_array_append_vals(holders, like, 1);
	return &g_array_index(holders, struct holder_facts, holders->len - 1);
}

static int by_place(gconstpointer a, gconstpointer b)
{
	const struct thing *x = a, *y = b;

	if (x->task != y->task)
		return (x->task > y->task) - (x->task < y->task);
	return (x->at > y->at) - (x->at < y->at);
}

static void add_holders(const struct search *s, guint64 object)
{
	/* Hashing has an order of its own. */
	g_autoptr(GList) things = g_list_sort(g_hash_table_get_values(s->things), by_place);

	for (GList *link = things; link; link = link->next) {
		const struct thing *thing = link->data;
		struct holder_facts facts = { .object = object, .at = thing->at };

		if (thing->task == NOBODY)
			continue;
		facts.where = g_intern_static_string(thing->where);
		facts.task =
			g_array_index(s->snapshot->tasks, struct task_facts, thing->task).address;
		holder_of(s->snapshot->holders, &facts)->count++;
	}
}

/* --- requests -------------------------------------------------------------- */

static void see_taken(const struct guest *g, guint tag, gpointer data)
{
	struct search *s = data;
	guint64 request;
	guint32 state;

	if (!guest_u64(g, s->static_rqs + tag * 8ull, &request) ||
	    !guest_u32(g, request + g->at.request_state, &state))
		s->whole = FALSE;
	else if (state != g->at.rq_in_flight && guest_is_pointer(request) && !thing_at(s, request))
		add_thing(s, request);
}

static void find_requests(struct search *s, const struct tags_facts *tags)
{
	const struct guest *g = s->g;
	guint64 at = tags->queue - g->at.tags_bitmap;
	GHashTableIter iter;
	gpointer thing;

	if (g->at.tags_static_rqs == LAYOUT_NONE || g->at.request_list == LAYOUT_NONE)
		return;
	if (!guest_u64(g, at + g->at.tags_static_rqs, &s->static_rqs) ||
	    !view_block_each_taken(g, tags->queue, THINGS_MAX, see_taken, s)) {
		s->whole = FALSE;
		return;
	}
	g_hash_table_iter_init(&iter, s->things);
	while (g_hash_table_iter_next(&iter, NULL, &thing)) {
		if (!((struct thing *)thing)->placed)
			follow_ring(s, thing);
	}
	search_stacks(s);
	add_holders(s, tags->queue);
}

/* --- elements -------------------------------------------------------------- */

/* Those that the pool still has are in nobody's hands. */
static gboolean leave_out_elements(struct search *s, const struct mempool_facts *pool)
{
	guint64 elements, element;

	if (!guest_u64(s->g, pool->address + s->g->at.mempool_elements, &elements))
		return FALSE;
	for (guint i = 0; i < pool->curr_nr; i++) {
		if (!guest_u64(s->g, elements + i * 8ull, &element))
			return FALSE;
		g_hash_table_remove(s->things, &element);
	}
	return TRUE;
}

static gboolean all_have_holders(const struct search *s)
{
	GHashTableIter iter;
	gpointer thing;

	g_hash_table_iter_init(&iter, s->things);
	while (g_hash_table_iter_next(&iter, NULL, &thing)) {
		if (((struct thing *)thing)->task == NOBODY)
			return FALSE;
	}
	return TRUE;
}

static void find_elements(struct search *s, const struct mempool_facts *pool)
{
	const struct guest *g = s->g;
	struct slab_cache cache;
	guint64 data;

	if (g->at.mempool_elements == LAYOUT_NONE || g->at.mempool_data == LAYOUT_NONE ||
	    pool->curr_nr >= pool->min_nr || pool->min_nr > THINGS_MAX ||
	    !guest_u64(g, pool->address + g->at.mempool_data, &data) ||
	    !slab_cache_read(g, data, &cache))
		return;
	s->cache = &cache;
	search_stacks(s);
	s->cache = NULL;
	if (leave_out_elements(s, pool) && all_have_holders(s) &&
	    g_hash_table_size(s->things) == pool->min_nr - pool->curr_nr)
		add_holders(s, pool->address);
}

/* --- sockets --------------------------------------------------------------- */

static gboolean may_own_socket(const struct task_facts *t)
{
	enum wait_kind kind = wait_kind_by_stack(t);

	if (kind == WAIT_SOCKET || kind == WAIT_SEND || kind == WAIT_RECEIVE)
		return FALSE;
	for (guint i = 0; i < t->frames; i++) {
		const char *function = t->stack[i].function;

		if (function && g_str_has_prefix(function, "tcp_") &&
		    g_str_has_suffix(function, "_locked"))
			return TRUE;
	}
	return FALSE;
}

static void find_owner(struct search *s, const struct socket_facts *socket)
{
	add_thing(s, socket->address);
	s->may_hold = may_own_socket;
	search_stacks(s);
	s->may_hold = NULL;
	add_holders(s, socket->address);
}

static gboolean is_waited_for(const struct snapshot *s, enum object_kind kind, guint64 address)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		const struct wait_object *on = &g_array_index(s->tasks, struct task_facts, i).on;

		if (on->kind == kind && on->address == address)
			return TRUE;
	}
	return FALSE;
}

gboolean view_held_snapshot(const struct guest *g, struct snapshot *snapshot)
{
	g_autoptr(GArray) stacks = g_array_new(FALSE, FALSE, sizeof(struct live));
	g_autoptr(GHashTable)
		things = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	struct search s = {
		.g = g, .snapshot = snapshot, .stacks = stacks, .things = things, .whole = TRUE
	};

	for (guint i = 0; i < snapshot->tags->len; i++) {
		const struct tags_facts *tags =
			&g_array_index(snapshot->tags, struct tags_facts, i);

		if (tags->in_flight >= tags->taken ||
		    !is_waited_for(snapshot, OBJECT_TAGS, tags->queue))
			continue;
		if (!stacks->len)
			add_stacks(&s);
		find_requests(&s, tags);
		g_hash_table_remove_all(things);
	}
	for (guint i = 0; i < snapshot->mempools->len; i++) {
		if (!stacks->len)
			add_stacks(&s);
		find_elements(&s, &g_array_index(snapshot->mempools, struct mempool_facts, i));
		g_hash_table_remove_all(things);
	}
	for (guint i = 0; i < snapshot->sockets->len; i++) {
		const struct socket_facts *socket =
			&g_array_index(snapshot->sockets, struct socket_facts, i);

		if (!socket->locked)
			continue;
		if (!stacks->len)
			add_stacks(&s);
		find_owner(&s, socket);
		g_hash_table_remove_all(things);
	}
	return s.whole;
}
