// SPDX-License-Identifier: GPL-2.0-only
/* Which request is being sent: told by the sender's stack, and not where that names two. */
#include "guest/unwind.h"
#include "guest/view_sender.h"

#include "fake_guest.h"

#define TASK_BYTES    16
#define REQUEST_BYTES 64 /* its nbd_cmd follows */
#define LIVE_AT	      0x3000
#define REQUESTS      3

struct scene {
	fake_guest f;
	struct snapshot *snapshot;
	guint64 stack;
};

static struct task_facts *sender(const struct scene *s)
{
	return &g_array_index(s->snapshot->tasks, struct task_facts, 0);
}

static struct request_facts *request(const struct scene *s, guint i)
{
	return &g_array_index(s->snapshot->requests, struct request_facts, i);
}

/* One task that sends, asleep, and three requests in flight. */
static void scene_init(struct scene *s)
{
	struct task_facts t = { .frames = 2 };

	fake_guest_init(&s->f);
	s->f.g.at.task_stack = 0;
	s->f.g.at.task_sp = 8;
	s->f.g.at.request_struct_bytes = REQUEST_BYTES;
	s->snapshot = snapshot_new();
	s->stack = fake_alloc(&s->f, STACK_BYTES);
	t.address = fake_alloc(&s->f, TASK_BYTES);
	t.stack[0].function = "sk_stream_wait_memory";
	t.stack[1].function = "nbd_send_cmd";
	fake_u64(&s->f, t.address, s->stack);
	fake_u64(&s->f, t.address + 8, s->stack + LIVE_AT);
	g_array_append_val(s->snapshot->tasks, t);
	for (guint i = 0; i < REQUESTS; i++) {
		struct request_facts r = { .address = fake_alloc(&s->f, 2 * REQUEST_BYTES) };

		g_snprintf(r.name, sizeof(r.name), "nbd0 tag %u", i);
		g_array_append_val(s->snapshot->requests, r);
	}
}

static void scene_clear(struct scene *s)
{
	snapshot_free(s->snapshot);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

/* How many are unsent. */
static guint look(const struct scene *s)
{
	guint n = 0;

	g_assert_true(view_sender_snapshot(&s->f.g, s->snapshot));
	for (guint i = 0; i < REQUESTS; i++)
		n += request(s, i)->unsent;
	return n;
}

static void test_request(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	g_assert_cmpuint(look(&s), ==, 0);
	/* What calls left behind below the stack pointer is nothing. */
	fake_u64(&s.f, s.stack + LIVE_AT - 8, request(&s, 0)->address);
	g_assert_cmpuint(look(&s), ==, 0);
	fake_u64(&s.f, s.stack + LIVE_AT + 64, request(&s, 1)->address);
	g_assert_cmpuint(look(&s), ==, 1);
	g_assert_true(request(&s, 1)->unsent);
}

static void test_command(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	fake_u64(&s.f, s.stack + STACK_BYTES - 8, request(&s, 2)->address + REQUEST_BYTES);
	fake_u64(&s.f, s.stack + LIVE_AT, request(&s, 2)->address);
	g_assert_cmpuint(look(&s), ==, 1);
	g_assert_true(request(&s, 2)->unsent);
}

static void test_two(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	fake_u64(&s.f, s.stack + LIVE_AT, request(&s, 0)->address);
	fake_u64(&s.f, s.stack + LIVE_AT + 8, request(&s, 1)->address + REQUEST_BYTES);
	g_assert_cmpuint(look(&s), ==, 0);
}

static void test_others(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	fake_u64(&s.f, s.stack + LIVE_AT, request(&s, 0)->address);
	/* Where the kernel says that it was sent, that holds. */
	request(&s, 0)->on_wire = TRUE;
	g_assert_cmpuint(look(&s), ==, 0);
	request(&s, 0)->on_wire = FALSE;
	g_strlcpy(request(&s, 0)->name, "vda tag 0", sizeof(request(&s, 0)->name));
	g_assert_cmpuint(look(&s), ==, 0);
	g_strlcpy(request(&s, 0)->name, "nbd0 tag 0", sizeof(request(&s, 0)->name));
	/* Who runs may have sent it by now, and who is elsewhere sends nothing. */
	sender(&s)->on_cpu = TRUE;
	g_assert_cmpuint(look(&s), ==, 0);
	sender(&s)->on_cpu = FALSE;
	sender(&s)->stack[1].function = "nbd_queue_rq";
	g_assert_cmpuint(look(&s), ==, 0);
	sender(&s)->stack[1].function = "nbd_send_cmd";
	g_assert_cmpuint(look(&s), ==, 1);
}

static void test_damaged(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	fake_u64(&s.f, sender(&s)->address + 8, s.stack - 8);
	g_assert_false(view_sender_snapshot(&s.f.g, s.snapshot));
	fake_u64(&s.f, sender(&s)->address, FAKE_WILD);
	fake_u64(&s.f, sender(&s)->address + 8, FAKE_WILD);
	g_assert_false(view_sender_snapshot(&s.f.g, s.snapshot));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-sender/request", test_request);
	g_test_add_func("/view-sender/command", test_command);
	g_test_add_func("/view-sender/two", test_two);
	g_test_add_func("/view-sender/others", test_others);
	g_test_add_func("/view-sender/damaged", test_damaged);
	return g_test_run();
}
