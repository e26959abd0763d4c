// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a sleeper waits for, on stacks made by the test: found when its entry
 * is linked to an object of its kind, and never made up from what calls that
 * returned have left behind.
 */
#include "guest/view_wait.h"

#include <string.h>

#include "fake_guest.h"

/* Where things lie in the fake kernel's structs. */
enum {
	TASK_STACK = 8,
	TASK_SP = 16,
	TASK_BYTES = 64,
	/* mutex, rw_semaphore */
	LOCK_OWNER = 0,
	LOCK_WAITERS = 16,
	/* mutex_waiter, rwsem_waiter: list, task */
	WAITER_TASK = 16,
	/* completion */
	DONE = 0,
	DONE_WAITERS = 8,
	/* swait_queue */
	SWAIT_TASK = 0,
	SWAIT_LIST = 8,
	/* wait_queue_entry, wait_queue_head */
	WAIT_PRIVATE = 8,
	WAIT_FUNC = 16,
	WAIT_ENTRY = 24,
	QUEUE_LIST = 8,
	/* wait_page_queue */
	PAGE_FOLIO = 0,
	PAGE_BIT = 8,
	PAGE_WAIT = 16,
	/* sbq_wait, sbitmap_queue */
	SBQ_SBQ = 0,
	SBQ_WAIT = 8,
	SBQ_QUEUES = 24,
	/* mempool_s */
	POOL_MIN = 0,
	POOL_CURR = 4,
	POOL_ELEMENTS = 8,
	POOL_WAIT = 16,

	OBJECT_BYTES = 128,
	ENTRY_AT = 0x3000, /* in the stack; above its sp */
	SP_AT = 0x2f00,
	LOCKED = 0,
	WRITEBACK = 1,
};
#define LIST_POISON1 0xdead000000000100ull
#define LIST_POISON2 0xdead000000000122ull

struct world {
	struct fake_guest f;
	guint64 task, owner, stack; /* in the guest */
	guint64 object;
	guint64 wake; /* a wake function */
};

static guint64 new_task(struct fake_guest *f, guint64 *stack)
{
	guint64 task = fake_alloc(f, TASK_BYTES);

	*stack = fake_alloc(f, STACK_BYTES);
	fake_u64(f, task + TASK_STACK, *stack);
	fake_u64(f, task + TASK_SP, *stack + SP_AT);
	return task;
}

static void world_init(struct world *w)
{
	struct layout *at = &w->f.g.at;
	guint64 stack;

	memset(w, 0, sizeof(*w));
	fake_guest_init(&w->f);
	at->task_stack = TASK_STACK;
	at->task_sp = TASK_SP;
	at->mutex_owner = at->rwsem_owner = LOCK_OWNER;
	at->mutex_wait_list = at->rwsem_wait_list = LOCK_WAITERS;
	at->mutex_waiter_list = at->rwsem_waiter_list = 0;
	at->mutex_waiter_task = at->rwsem_waiter_task = WAITER_TASK;
	at->completion_done = DONE;
	at->completion_list = DONE_WAITERS;
	at->swait_task = SWAIT_TASK;
	at->swait_list = SWAIT_LIST;
	at->wait_private = WAIT_PRIVATE;
	at->wait_func = WAIT_FUNC;
	at->wait_entry = WAIT_ENTRY;
	at->queue_list = QUEUE_LIST;
	at->page_queue_folio = PAGE_FOLIO;
	at->page_queue_bit = PAGE_BIT;
	at->page_queue_wait = PAGE_WAIT;
	at->sbq_wait_sbq = SBQ_SBQ;
	at->sbq_wait_wait = SBQ_WAIT;
	at->sbq_queues = SBQ_QUEUES;
	at->mempool_min_nr = POOL_MIN;
	at->mempool_curr_nr = POOL_CURR;
	at->mempool_elements = POOL_ELEMENTS;
	at->mempool_wait = POOL_WAIT;
	at->pg_locked = LOCKED;
	at->pg_writeback = WRITEBACK;
	w->task = new_task(&w->f, &w->stack);
	w->owner = new_task(&w->f, &stack);
	w->object = fake_alloc(&w->f, OBJECT_BYTES);
	w->wake = fake_function(&w->f, "wake_page_function");
}

/*
 * One kind of wait.  @enter lays an entry of @task at @at and returns the
 * address of its list_head; @open makes the object such that it can be waited
 * for, and returns its list's head; @spoil makes it one that cannot.
 */
struct kind {
	const char *name, *function;
	enum object_kind kind;
	guint64 (*enter)(struct world *w, guint64 at, guint64 task);
	guint64 (*open)(struct world *w);
	void (*spoil)(struct world *w);
	gboolean owned;
};

static guint64 enter_waiter(struct world *w, guint64 at, guint64 task)
{
	fake_u64(&w->f, at + WAITER_TASK, task);
	return at;
}

static guint64 open_lock(struct world *w)
{
	fake_u64(&w->f, w->object + LOCK_OWNER, w->owner);
	return w->object + LOCK_WAITERS;
}

/* Its owner is no task. */
static void spoil_lock(struct world *w)
{
	fake_u64(&w->f, w->object + LOCK_OWNER, fake_alloc(&w->f, TASK_BYTES));
}

static guint64 enter_swait(struct world *w, guint64 at, guint64 task)
{
	fake_u64(&w->f, at + SWAIT_TASK, task);
	return at + SWAIT_LIST;
}

static guint64 open_completion(struct world *w)
{
	return w->object + DONE_WAITERS;
}

static void spoil_completion(struct world *w)
{
	fake_u32(&w->f, w->object + DONE, 1);
}

static guint64 enter_queue(struct world *w, guint64 at, guint64 task)
{
	fake_u64(&w->f, at + WAIT_PRIVATE, task);
	fake_u64(&w->f, at + WAIT_FUNC, w->wake);
	return at + WAIT_ENTRY;
}

static guint64 open_queue(struct world *w)
{
	return w->object + QUEUE_LIST;
}

/* Whose entries have functions that are none. */
static void spoil_queue(struct world *w)
{
	fake_u64(&w->f, w->stack + ENTRY_AT + WAIT_FUNC, w->wake + 4);
}

static guint64 enter_folio(struct world *w, guint64 at, guint64 task)
{
	fake_u64(&w->f, at + PAGE_FOLIO, w->object);
	fake_u32(&w->f, at + PAGE_BIT, WRITEBACK);
	return enter_queue(w, at + PAGE_WAIT, task);
}

/* Folios share a table of queues. */
static guint64 open_folio(struct world *w)
{
	return fake_alloc(&w->f, OBJECT_BYTES) + QUEUE_LIST;
}

static void spoil_folio(struct world *w)
{
	fake_u32(&w->f, w->stack + ENTRY_AT + PAGE_BIT, 64);
}

static guint64 enter_tags(struct world *w, guint64 at, guint64 task)
{
	fake_u64(&w->f, at + SBQ_SBQ, w->object);
	return enter_queue(w, at + SBQ_WAIT, task);
}

static guint64 open_tags(struct world *w)
{
	guint64 queues = fake_alloc(&w->f, 1024);

	fake_u64(&w->f, w->object + SBQ_QUEUES, queues);
	return queues + 3 * 64 + QUEUE_LIST;
}

/* The queue is none of its own. */
static void spoil_tags(struct world *w)
{
	fake_u64(&w->f, w->object + SBQ_QUEUES, fake_alloc(&w->f, 1024) + (64 << 10));
}

static guint64 open_mempool(struct world *w)
{
	fake_u32(&w->f, w->object + POOL_MIN, 4);
	fake_u64(&w->f, w->object + POOL_ELEMENTS, fake_alloc(&w->f, 64));
	return w->object + POOL_WAIT + QUEUE_LIST;
}

static void spoil_mempool(struct world *w)
{
	fake_u32(&w->f, w->object + POOL_CURR, 5);
}

static const struct kind kinds[] = {
	{ "mutex", "__mutex_lock", OBJECT_MUTEX, enter_waiter, open_lock, spoil_lock, TRUE },
	{ "rwsem", "rwsem_down_write_slowpath", OBJECT_RWSEM, enter_waiter, open_lock, spoil_lock,
	  TRUE },
	{ "completion", "wait_for_completion", OBJECT_COMPLETION, enter_swait, open_completion,
	  spoil_completion, FALSE },
	{ "folio", "folio_wait_bit_common", OBJECT_FOLIO, enter_folio, open_folio, spoil_folio,
	  FALSE },
	{ "tags", "blk_mq_get_tag", OBJECT_TAGS, enter_tags, open_tags, spoil_tags, FALSE },
	{ "mempool", "mempool_alloc", OBJECT_MEMPOOL, enter_queue, open_mempool, spoil_mempool,
	  FALSE },
	{ "memory", "throttle_direct_reclaim", OBJECT_QUEUE, enter_queue, open_queue, spoil_queue,
	  FALSE },
	{ "send", "sk_stream_wait_memory", OBJECT_QUEUE, enter_queue, open_queue, spoil_queue,
	  FALSE },
};

/* Look, as the snapshot does, at the task's stack as it is now. */
static struct task_facts look_again(struct world *w, const struct view_wait *v,
				    const struct kind *k)
{
	struct task_facts t = { .address = w->task, .state = 2, .frames = 1 };
	g_autofree struct stack *stack = g_new(struct stack, 1);

	t.stack[0].function = g_intern_string(k->function);
	stack->base = w->stack;
	stack->sp = w->stack + SP_AT;
	g_assert_true(
		guest_read(&w->f.g, stack->sp, &stack->words[SP_AT / 8], STACK_BYTES - SP_AT));
	view_wait_find(v, stack, &t);
	return t;
}

static struct task_facts look(struct world *w, const struct kind *k)
{
	SCOPED(view_wait) v = view_wait_new(&w->f.g);

	return look_again(w, v, k);
}

static void finds_nothing(struct world *w, const struct kind *k)
{
	struct task_facts t = look(w, k);

	g_assert_cmpstr(object_kind_name(t.on.kind), ==, object_kind_name(OBJECT_NONE));
	g_assert_cmphex(t.on.address, ==, 0);
	g_assert_cmphex(t.on.owner, ==, 0);
}

static void finds_it(struct world *w, const struct kind *k)
{
	struct task_facts t = look(w, k);

	g_assert_cmpstr(object_kind_name(t.on.kind), ==, object_kind_name(k->kind));
	g_assert_cmphex(t.on.address, ==, w->object);
	g_assert_cmphex(t.on.owner, ==, k->owned ? w->owner : 0);
}

/* A world in which the task waits for the object; returns its entry's list_head. */
static guint64 waiting(struct world *w, const struct kind *k, guint64 *head)
{
	guint64 node;

	world_init(w);
	*head = k->open(w);
	fake_list_init(&w->f, *head);
	node = k->enter(w, w->stack + ENTRY_AT, w->task);
	fake_list_add_tail(&w->f, node, *head);
	return node;
}

static void test_linked(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head, stack;

	waiting(&w, k, &head);
	finds_it(&w, k);

	/* Others stand before and behind it. */
	for (guint i = 0; i < 3; i++) {
		guint64 task = new_task(&w.f, &stack);

		fake_list_add_tail(&w.f, k->enter(&w, stack + ENTRY_AT, task), head);
	}
	finds_it(&w, k);
	fake_guest_clear(&w.f);
}

/*
 * Newer locks point to the first of a ring of waiters that has no head: which
 * lock it is, its address on the sleeper's stack says, if it points back.
 */
static void test_headless(gconstpointer kind)
{
	enum { LOCK_AT = ENTRY_AT - 0x40, OTHER_AT = ENTRY_AT - 0x48 };
	const struct kind *k = kind;
	guint64 first, head, stack, node, other;
	struct world w;

	world_init(&w);
	w.f.g.at.mutex_first_waiter = w.f.g.at.rwsem_first_waiter = w.f.g.at.mutex_wait_list;
	w.f.g.at.mutex_wait_list = w.f.g.at.rwsem_wait_list = LAYOUT_NONE;
	head = k->open(&w);
	first = k->enter(&w, w.stack + ENTRY_AT, w.task);
	fake_list_init(&w.f, first);
	fake_u64(&w.f, head, first);
	finds_nothing(&w, k);
	fake_u64(&w.f, w.stack + OTHER_AT, fake_alloc(&w.f, OBJECT_BYTES));
	finds_nothing(&w, k);
	fake_u64(&w.f, w.stack + LOCK_AT, w.object);
	finds_it(&w, k);

	/* Somebody else came first; then one whose waiter is on no stack. */
	other = new_task(&w.f, &stack);
	node = k->enter(&w, stack + ENTRY_AT, other);
	fake_list_add_tail(&w.f, node, first);
	fake_u64(&w.f, head, node);
	finds_it(&w, k);
	node = k->enter(&w, fake_alloc(&w.f, OBJECT_BYTES), other);
	fake_list_add_tail(&w.f, node, first);
	finds_nothing(&w, k);
	fake_list_init(&w.f, first);

	/* It was the last, and has left. */
	fake_u64(&w.f, head, 0);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);
}

/*
 * Many wait for one object, as for the mutex in the middle of a hang: what it
 * costs to look at each must not grow with their number.
 */
static void test_crowd(gconstpointer kind)
{
	enum { CROWD = 40, READS_MAX = 30 /* per waiter */ };
	const struct kind *k = kind;
	struct world w;
	guint64 head, left = CROWD * READS_MAX, tasks[CROWD], stacks[CROWD];

	waiting(&w, k, &head);
	for (guint i = 0; i < CROWD; i++) {
		tasks[i] = new_task(&w.f, &stacks[i]);
		fake_list_add_tail(&w.f, k->enter(&w, stacks[i] + ENTRY_AT, tasks[i]), head);
	}

	SCOPED(view_wait) v = view_wait_new(&w.f.g);

	w.f.g.reads_left = &left;
	for (guint i = 0; i < CROWD; i++) {
		guint n = i % 2 ? i : CROWD - 2 - i; /* neither in their order nor against it */
		struct task_facts t;

		w.task = tasks[n];
		w.stack = stacks[n];
		t = look_again(&w, v, k);
		g_assert_cmpstr(object_kind_name(t.on.kind), ==, object_kind_name(k->kind));
		g_assert_cmphex(t.on.address, ==, w.object);
	}
	fake_guest_clear(&w.f);
}

static void test_nobody_holds_it(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head;

	waiting(&w, k, &head);
	fake_u64(&w.f, w.object + LOCK_OWNER, k->kind == OBJECT_RWSEM ? w.owner | 1 : 0);
	g_assert_cmphex(look(&w, k).on.owner, ==, 0);
	fake_guest_clear(&w.f);
}

/* unlock() gives it to the first in line, who is still in line until it runs. */
static void test_handed_over(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head;

	waiting(&w, k, &head);
	fake_u64(&w.f, w.object + LOCK_OWNER, w.task | 1 | 4);
	finds_nothing(&w, k);
	fake_u64(&w.f, w.object + LOCK_OWNER, w.owner | 1 | 4);
	finds_it(&w, k); /* to another */
	fake_u64(&w.f, w.object + LOCK_OWNER, w.task | 1);
	g_assert_cmphex(look(&w, k).on.owner, ==, w.task); /* it took it twice */
	fake_guest_clear(&w.f);
}

/* Left over from a wait that ended, in each way in which the kernel takes entries off. */
static void test_stale(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head, node = waiting(&w, k, &head);

	fake_list_init(&w.f, head); /* __list_del(): the entry still points at the list */
	finds_nothing(&w, k);
	fake_list_init(&w.f, node); /* list_del_init() */
	finds_nothing(&w, k);
	fake_u64(&w.f, node, LIST_POISON1); /* list_del() */
	fake_u64(&w.f, node + 8, LIST_POISON2);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);

	/* The object was freed, and its memory is something else's. */
	waiting(&w, k, &head);
	fake_u64(&w.f, head, w.owner);
	fake_u64(&w.f, head + 8, w.owner);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);

	/* Half of it: a list that leads there but not back, or back but not there. */
	node = waiting(&w, k, &head);
	fake_u64(&w.f, head, head);
	finds_nothing(&w, k);
	fake_u64(&w.f, head, node);
	fake_u64(&w.f, head + 8, head);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);
}

/* The calls that were made since have overwritten one of its links. */
static void test_overwritten(gconstpointer kind)
{
	const guint64 words[] = { 0, 1, FAKE_WILD, FAKE_TEXT, FAKE_DIRECT_MAP, G_MAXUINT64 };
	const struct kind *k = kind;

	for (guint i = 0; i < 2 * G_N_ELEMENTS(words); i++) {
		struct world w;
		guint64 head, node = waiting(&w, k, &head);

		fake_u64(&w.f, node + i % 2 * 8, words[i / 2]);
		finds_nothing(&w, k);
		fake_guest_clear(&w.f);
	}
}

/* Below the stack pointer: popped, though nobody has overwritten it yet. */
static void test_popped(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head;

	world_init(&w);
	head = k->open(&w);
	fake_list_init(&w.f, head);
	fake_list_add_tail(&w.f, k->enter(&w, w.stack + SP_AT - 64, w.task), head);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);
}

/* Two entries that are linked to each other, but to no list. */
static void test_no_head(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head, stack, other, node = waiting(&w, k, &head);
	guint64 task = new_task(&w.f, &stack);

	other = k->enter(&w, stack + ENTRY_AT, task);
	fake_list_init(&w.f, node);
	fake_list_add_tail(&w.f, other, node);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);
}

/* Linked, but to something that can't be such an object. */
static void test_spoiled(gconstpointer kind)
{
	const struct kind *k = kind;
	struct world w;
	guint64 head;

	waiting(&w, k, &head);
	k->spoil(&w);
	finds_nothing(&w, k);
	fake_guest_clear(&w.f);
}

/* A wait of another kind is on the stack than the one that the frames tell of. */
static void test_other_kind(gconstpointer kind)
{
	static const char *const unlike[] = { "do_nanosleep", "__mutex_lock", "wait_for_completion",
					      "blk_mq_get_tag" };
	const struct kind *k = kind;
	struct world w;
	guint64 head;

	waiting(&w, k, &head);
	for (guint i = 0; i < G_N_ELEMENTS(unlike); i++) {
		struct kind other = *k;

		other.function = unlike[i];
		if (!strcmp(unlike[i], k->function) ||
		    (k->kind == OBJECT_RWSEM && !strcmp(unlike[i], "__mutex_lock")))
			continue; /* those two look alike in this layout */
		finds_nothing(&w, &other);
	}
	fake_guest_clear(&w.f);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(gconstpointer);
	} tests[] = {
		{ "linked", test_linked },    { "stale", test_stale },
		{ "popped", test_popped },    { "overwritten", test_overwritten },
		{ "no-head", test_no_head },  { "spoiled", test_spoiled },
		{ "other", test_other_kind }, { "crowd", test_crowd },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		for (guint n = 0; n < G_N_ELEMENTS(tests); n++) {
			g_autofree char *path =
				g_strdup_printf("/view-wait/%s/%s", kinds[i].name, tests[n].name);

			g_test_add_data_func(path, &kinds[i], tests[n].test);
		}
	}
	g_test_add_data_func("/view-wait/mutex/headless", &kinds[0], test_headless);
	g_test_add_data_func("/view-wait/rwsem/headless", &kinds[1], test_headless);
	g_test_add_data_func("/view-wait/mutex/free", &kinds[0], test_nobody_holds_it);
	g_test_add_data_func("/view-wait/mutex/handed-over", &kinds[0], test_handed_over);
	g_test_add_data_func("/view-wait/rwsem/read", &kinds[1], test_nobody_holds_it);
	return g_test_run();
}
