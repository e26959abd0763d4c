// SPDX-License-Identifier: GPL-2.0-only
/* Who holds requests and elements: told where the stacks tell it, and not guessed elsewhere. */
#include "guest/unwind.h"
#include "guest/view_held.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define TASK_BYTES    64
#define REQUEST_BYTES 64
#define LIST_AT	      16 /* in a request */
#define TAGS_BYTES    128
#define BITMAP_AT     16 /* in the tags */
#define DEPTH	      8
#define IN_FLIGHT     1
#define PAGE_BYTES    64
#define SECTION_BYTES 16
#define ELEMENT_BYTES 256
#define MIN_NR	      4
#define LIVE_AT	      0x3000 /* what the stacks use ends there */

struct scene {
	fake_guest f;
	struct snapshot *snapshot;
	guint64 tags, words, rqs, request[DEPTH];
	guint64 stack[3];
	guint64 pool, cache, elements, pages;
};

static void set_layout(struct layout *at)
{
	at->task_stack = 0;
	at->task_sp = 8;
	at->tags_bitmap = BITMAP_AT;
	at->tags_static_rqs = 0;
	at->request_state = 0;
	at->request_list = LIST_AT;
	at->rq_in_flight = IN_FLIGHT;
	at->sbq_depth = 0;
	at->sbq_shift = 4;
	at->sbq_map = 8;
	at->sbitmap_word = 0;
	at->sbitmap_cleared = 64;
	at->sbitmap_word_bytes = 128;
	at->mempool_elements = 0;
	at->mempool_data = 8;
	at->cache_list = 0;
	at->cache_name = 16;
	at->cache_bytes = 24;
	at->cache_left_pad = 28;
	at->section_map = 0;
	at->section_bytes = SECTION_BYTES;
	at->page_compound_head = 8;
	at->page_bytes = PAGE_BYTES;
	at->slab_cache = 16;
}

/* Three tasks; all of them wait for @kind at @address. */
static void add_tasks(struct scene *s, enum object_kind kind, guint64 address)
{
	for (guint i = 0; i < G_N_ELEMENTS(s->stack); i++) {
		struct task_facts t = { .address = fake_alloc(&s->f, TASK_BYTES),
					.on = { .kind = kind, .address = address } };

		s->stack[i] = fake_alloc(&s->f, STACK_BYTES);
		fake_u64(&s->f, t.address, s->stack[i]);
		fake_u64(&s->f, t.address + 8, s->stack[i] + LIVE_AT);
		g_array_append_val(s->snapshot->tasks, t);
	}
}

static void scene_init(struct scene *s)
{
	fake_guest_init(&s->f);
	set_layout(&s->f.g.at);
	s->snapshot = snapshot_new();
}

static void scene_clear(struct scene *s)
{
	snapshot_free(s->snapshot);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

/* A queue of which all requests are taken, and none is issued. */
static void add_queue(struct scene *s)
{
	fake_guest *f = &s->f;
	struct tags_facts facts = { .name = "vda", .depth = DEPTH, .taken = DEPTH };

	s->tags = fake_alloc(f, TAGS_BYTES);
	s->words = fake_alloc(f, 128);
	s->rqs = fake_alloc(f, DEPTH * 8);
	fake_u64(f, s->tags, s->rqs);
	fake_u32(f, s->tags + BITMAP_AT, DEPTH);
	fake_u32(f, s->tags + BITMAP_AT + 4, 6);
	fake_u64(f, s->tags + BITMAP_AT + 8, s->words);
	fake_u64(f, s->words, (1u << DEPTH) - 1);
	for (guint i = 0; i < DEPTH; i++) {
		s->request[i] = fake_alloc(f, REQUEST_BYTES);
		fake_u64(f, s->rqs + i * 8, s->request[i]);
		fake_list_init(f, s->request[i] + LIST_AT);
	}
	facts.queue = s->tags + BITMAP_AT;
	g_array_append_val(s->snapshot->tags, facts);
	add_tasks(s, OBJECT_TAGS, facts.queue);
}

/* A pool that misses all of its elements, and the one page of its slab cache. */
static void add_pool(struct scene *s)
{
	fake_guest *f = &s->f;
	struct mempool_facts facts = { .min_nr = MIN_NR };
	guint64 caches = fake_alloc(f, 16), sections = fake_alloc(f, SECTION_BYTES),
		roots = fake_alloc(f, 8), variable = fake_alloc(f, 8);

	s->cache = fake_alloc(f, 64);
	fake_symbol(f, "slab_caches", 'd', caches);
	fake_list_init(f, caches);
	fake_list_add_tail(f, s->cache, caches);
	fake_u64(f, s->cache + 16, fake_text(f, "elements"));
	fake_u32(f, s->cache + 24, ELEMENT_BYTES);
	fake_symbol(f, "mem_section", 'b', variable);
	fake_u64(f, variable, roots);
	fake_u64(f, roots, sections);
	f->used = (f->used + GUEST_PAGE_BYTES - 1) & ~(guint64)(GUEST_PAGE_BYTES - 1);
	s->pages = fake_alloc(f, FAKE_RAM_BYTES / GUEST_PAGE_BYTES * PAGE_BYTES);
	fake_u64(f, sections, s->pages | 3); /* flags */

	/* The second page of two belongs to the first one. */
	f->used = (f->used + GUEST_PAGE_BYTES - 1) & ~(guint64)(GUEST_PAGE_BYTES - 1);
	s->elements = fake_alloc(f, 2 * GUEST_PAGE_BYTES);

	guint64 frame = (s->elements - FAKE_DIRECT_MAP) / GUEST_PAGE_BYTES;

	fake_u64(f, s->pages + frame * PAGE_BYTES + 16, s->cache);
	fake_u64(f, s->pages + (frame + 1) * PAGE_BYTES + 8, (s->pages + frame * PAGE_BYTES) | 1);

	s->pool = fake_alloc(f, 64);
	fake_u64(f, s->pool, fake_alloc(f, MIN_NR * 8));
	fake_u64(f, s->pool + 8, s->cache);
	facts.address = s->pool;
	g_array_append_val(s->snapshot->mempools, facts);
	add_tasks(s, OBJECT_MEMPOOL, s->pool);
}

static guint64 element(const struct scene *s, guint i)
{
	return s->elements + 14 * ELEMENT_BYTES + i * ELEMENT_BYTES; /* across the pages */
}

/* A word of the live part of stack @i. */
static void put(struct scene *s, guint i, guint word, guint64 value)
{
	fake_u64(&s->f, s->stack[i] + LIVE_AT + word * 8, value);
}

static guint look(struct scene *s)
{
	g_array_set_size(s->snapshot->holders, 0);
	g_assert_true(view_held_snapshot(&s->f.g, s->snapshot));
	return s->snapshot->holders->len;
}

static void expect(const struct scene *s, guint i, guint64 object, guint task, guint count,
		   guint64 at)
{
	const struct holder_facts *h;

	g_assert_cmpuint(i, <, s->snapshot->holders->len);
	h = &g_array_index(s->snapshot->holders, struct holder_facts, i);
	g_assert_cmphex(h->object, ==, object);
	g_assert_cmphex(h->task, ==,
			g_array_index(s->snapshot->tasks, struct task_facts, task).address);
	g_assert_cmpuint(h->count, ==, count);
	g_assert_cmphex(h->at, ==, at);
}

static void test_list_on_stack(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_queue(&s);

	guint64 one = s.stack[1] + LIVE_AT + 0x100, two = s.stack[2] + LIVE_AT + 0x200;

	fake_list_init(&s.f, one);
	fake_list_init(&s.f, two);
	for (guint i = 0; i < 5; i++)
		fake_list_add_tail(&s.f, s.request[(i * 3) % DEPTH] + LIST_AT, one);
	fake_list_add_tail(&s.f, s.request[2] + LIST_AT, two);
	fake_list_add_tail(&s.f, s.request[5] + LIST_AT, two);
	fake_u32(&s.f, s.request[7], IN_FLIGHT); /* the device has it */
	g_array_index(s.snapshot->tags, struct tags_facts, 0).in_flight = 1;
	g_assert_cmpuint(look(&s), ==, 2);
	expect(&s, 0, s.tags + BITMAP_AT, 1, 5, one);
	expect(&s, 1, s.tags + BITMAP_AT, 2, 2, two);

	/* With all of them in flight there is nothing to look for; nor if nobody waits. */
	g_array_index(s.snapshot->tags, struct tags_facts, 0).in_flight = DEPTH;
	g_assert_cmpuint(look(&s), ==, 0);
	g_array_index(s.snapshot->tags, struct tags_facts, 0).in_flight = 0;
	for (guint i = 0; i < 3; i++)
		g_array_index(s.snapshot->tasks, struct task_facts, i).on.kind = OBJECT_NONE;
	g_assert_cmpuint(look(&s), ==, 0);
}

/* A scheduler's list, a ring without a head, one that is linked one way only. */
static void test_list_elsewhere(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_queue(&s);

	guint64 head = fake_alloc(&s.f, 16), left_over = s.stack[0] + LIVE_AT - 0x100;

	fake_list_init(&s.f, head);
	for (guint i = 0; i < 4; i++)
		fake_list_add_tail(&s.f, s.request[i] + LIST_AT, head);
	put(&s, 0, 4, s.request[1]); /* who inserted it still has the address */
	fake_list_add_tail(&s.f, s.request[4] + LIST_AT, s.request[5] + LIST_AT);
	fake_list_init(&s.f, left_over); /* by a call that returned */
	fake_list_add_tail(&s.f, s.request[6] + LIST_AT, left_over);
	fake_u64(&s.f, s.request[7] + LIST_AT, FAKE_WILD);
	g_assert_cmpuint(look(&s), ==, 0);
}

static void test_address_on_stack(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_queue(&s);
	put(&s, 0, 4, s.request[3]);
	put(&s, 0, 6, s.request[3]);
	put(&s, 1, 5, s.request[4]); /* one of these two has it: which, nobody knows */
	put(&s, 2, 5, s.request[4]);
	put(&s, 1, 7, s.request[5] + 8);	  /* not its address */
	fake_u64(&s.f, s.stack[2], s.request[6]); /* below what the stack uses */
	g_assert_cmpuint(look(&s), ==, 1);
	expect(&s, 0, s.tags + BITMAP_AT, 0, 1, s.stack[0] + LIVE_AT + 4 * 8);

	/* A tag that is free again is not looked for. */
	fake_u64(&s.f, s.words, 0);
	g_assert_cmpuint(look(&s), ==, 0);
}

static void test_elements(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_pool(&s);
	for (guint i = 0; i < MIN_NR; i++)
		put(&s, i / 3, 8 + i, element(&s, i));
	put(&s, 2, 3, element(&s, 0) + 8);
	g_assert_cmpuint(look(&s), ==, 2);
	expect(&s, 0, s.pool, 0, 3, s.stack[0] + LIVE_AT + 8 * 8);
	expect(&s, 1, s.pool, 1, 1, s.stack[1] + LIVE_AT + 11 * 8);

	/* One that is back in the pool does not count, whoever still knows its address. */
	struct mempool_facts *pool = &g_array_index(s.snapshot->mempools, struct mempool_facts, 0);
	guint64 slots;

	g_assert_true(guest_u64(&s.f.g, s.pool, &slots));
	pool->curr_nr = 1;
	fake_u64(&s.f, slots, element(&s, 3));
	g_assert_cmpuint(look(&s), ==, 1);
	expect(&s, 0, s.pool, 0, 3, s.stack[0] + LIVE_AT + 8 * 8);
}

/* By nodes in their middle; who had one before them and still knows its address has it no more. */
static void test_elements_on_list(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_pool(&s);

	guint64 head = s.stack[1] + LIVE_AT + 0x80;

	put(&s, 0, 5, element(&s, 2));
	put(&s, 2, 5, element(&s, 2));
	fake_list_init(&s.f, head);
	for (guint i = 0; i < MIN_NR; i++)
		fake_list_add_tail(&s.f, element(&s, i) + 0x40, head);
	g_assert_cmpuint(look(&s), ==, 1);
	expect(&s, 0, s.pool, 1, MIN_NR, head);

	/* A ring that does not hold together, or leads elsewhere, is none. */
	put(&s, 0, 5, 0);
	put(&s, 2, 5, 0);
	fake_u64(&s.f, element(&s, 3) + 0x48, FAKE_WILD);
	g_assert_cmpuint(look(&s), ==, 0);
	fake_list_init(&s.f, head);
	for (guint i = 0; i < MIN_NR; i++)
		fake_list_add_tail(&s.f, i < 3 ? element(&s, i) + 0x40 : s.cache + 48, head);
	g_assert_cmpuint(look(&s), ==, 0);
}

/* Too few, too many, or one that two tasks may have: then nothing is told. */
static void test_elements_that_do_not_add_up(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_pool(&s);
	for (guint i = 0; i + 1 < MIN_NR; i++)
		put(&s, 0, 8 + i, element(&s, i));
	g_assert_cmpuint(look(&s), ==, 0);
	put(&s, 0, 20, element(&s, 3));
	g_assert_cmpuint(look(&s), ==, 1);
	put(&s, 0, 21, element(&s, 4));
	g_assert_cmpuint(look(&s), ==, 0);
	put(&s, 0, 21, 0);
	put(&s, 1, 21, element(&s, 3));
	g_assert_cmpuint(look(&s), ==, 0);
	put(&s, 1, 21, 0);
	g_assert_cmpuint(look(&s), ==, 1);

	/* What is not on the list of slab caches is none. */
	fake_u64(&s.f, s.pool + 8, s.cache + 8);
	g_assert_cmpuint(look(&s), ==, 0);
}

static void set_stack(struct scene *s, guint i, const char *innermost, const char *caller)
{
	struct task_facts *t = &g_array_index(s->snapshot->tasks, struct task_facts, i);

	t->frames = 2;
	t->stack[0] = (struct stack_frame){ .function = g_intern_string(innermost) };
	t->stack[1] = (struct stack_frame){ .function = g_intern_string(caller) };
}

/* Of three that have the socket's address on their stacks, one can have locked it. */
static void test_socket(void)
{
	g_auto(scene) s = { 0 };
	struct socket_facts facts = { .locked = TRUE };

	scene_init(&s);
	facts.address = fake_alloc(&s.f, 64);
	g_array_append_val(s.snapshot->sockets, facts);
	add_tasks(&s, OBJECT_NONE, 0);
	for (guint i = 0; i < 3; i++)
		put(&s, i, 4 + i, facts.address);
	set_stack(&s, 0, "__lock_sock", "tcp_recvmsg_locked");
	set_stack(&s, 1, "mempool_alloc_noprof", "tcp_sendmsg_locked");
	set_stack(&s, 2, "sk_stream_wait_memory", "tcp_sendmsg_locked");
	g_assert_cmpuint(look(&s), ==, 1);
	expect(&s, 0, facts.address, 1, 1, s.stack[1] + LIVE_AT + 5 * 8);

	/* Two that may: neither is believed.  None that may; or nobody locked it. */
	set_stack(&s, 2, "schedule", "tcp_sendmsg_locked");
	g_assert_cmpuint(look(&s), ==, 0);
	set_stack(&s, 1, "schedule", "tcp_sendmsg");
	set_stack(&s, 2, "schedule", "inet_sendmsg");
	g_assert_cmpuint(look(&s), ==, 0);
	set_stack(&s, 1, "schedule", "tcp_sendmsg_locked");
	g_assert_cmpuint(look(&s), ==, 1);
	g_array_index(s.snapshot->sockets, struct socket_facts, 0).locked = FALSE;
	g_assert_cmpuint(look(&s), ==, 0);
}

static void test_damaged(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_queue(&s);
	fake_u64(&s.f, s.rqs + 8, FAKE_WILD);
	g_assert_false(view_held_snapshot(&s.f.g, s.snapshot));
	fake_u64(&s.f, s.tags, FAKE_WILD);
	g_assert_false(view_held_snapshot(&s.f.g, s.snapshot));
	s.f.g.at.tags_static_rqs = LAYOUT_NONE;
	g_assert_true(view_held_snapshot(&s.f.g, s.snapshot));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-held/list-on-stack", test_list_on_stack);
	g_test_add_func("/view-held/list-elsewhere", test_list_elsewhere);
	g_test_add_func("/view-held/address-on-stack", test_address_on_stack);
	g_test_add_func("/view-held/elements", test_elements);
	g_test_add_func("/view-held/elements-on-list", test_elements_on_list);
	g_test_add_func("/view-held/elements-that-do-not-add-up", test_elements_that_do_not_add_up);
	g_test_add_func("/view-held/socket", test_socket);
	g_test_add_func("/view-held/damaged", test_damaged);
	return g_test_run();
}
