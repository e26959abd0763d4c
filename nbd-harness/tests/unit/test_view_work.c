// SPDX-License-Identifier: GPL-2.0-only
/* Works on every list where they may be, and lists that are damaged. */
#include "guest/view_work.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define POOL_BYTES   128
#define WORKER_BYTES 128
#define WORK_BYTES   32
#define PWQ_BYTES    256
#define WQ_BYTES     128
#define PWQ_SHIFT    8
#define IS_PWQ	     4

struct scene {
	fake_guest f;
	struct snapshot *snapshot;
	guint64 pool, wq, pwq, worker;
	guint64 work_func, barrier_func, cursor_func;
};

static void set_layout(struct layout *at)
{
	at->lacks_work = NULL;
	at->idr_head = 8;
	at->pool_cpu = 0;
	at->pool_id = 4;
	at->pool_nr_workers = 8;
	at->pool_nr_idle = 12;
	at->pool_worklist = 16;
	at->pool_workers = 32;
	at->worker_work = 0;
	at->worker_func = 8;
	at->worker_pwq = 16;
	at->worker_task = 24;
	at->worker_scheduled = 32;
	at->worker_node = 48;
	at->work_data = 0;
	at->work_entry = 8;
	at->work_func = 24;
	at->barrier_work = 0;
	at->barrier_done = 32;
	at->pwq_pool = 0;
	at->pwq_wq = 8;
	at->pwq_node = 16;
	at->pwq_inactive = 32;
	at->wq_list = 0;
	at->wq_pwqs = 16;
	at->wq_rescuer = 32;
	at->wq_name = 40;
	at->work_is_pwq = IS_PWQ;
	at->work_pwq_shift = PWQ_SHIFT;
}

/* One pool with one worker, idle; one workqueue "test" with a rescuer. */
static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;
	guint64 idr, workqueues;

	fake_guest_init(f);
	set_layout(&f->g.at);
	s->snapshot = snapshot_new();
	s->work_func = fake_function(f, "some_work");
	s->barrier_func = fake_function(f, "wq_barrier_func");
	s->cursor_func = fake_function(f, "mayday_cursor_func");

	idr = fake_alloc(f, 16);
	s->pool = fake_alloc(f, POOL_BYTES);
	fake_symbol(f, "worker_pool_idr", 'b', idr);
	fake_u64(f, idr + 8, s->pool);
	fake_u32(f, s->pool + 4, 7);
	fake_u32(f, s->pool + 8, 1);
	fake_list_init(f, s->pool + 16);
	fake_list_init(f, s->pool + 32);

	s->worker = fake_alloc(f, WORKER_BYTES);
	fake_u64(f, s->worker + 24, 0xffff888000777000ull);
	fake_list_init(f, s->worker + 32);
	fake_list_add_tail(f, s->worker + 48, s->pool + 32);

	workqueues = fake_alloc(f, 16);
	s->wq = fake_alloc(f, WQ_BYTES);
	fake_symbol(f, "workqueues", 'd', workqueues);
	fake_list_init(f, workqueues);
	fake_list_init(f, s->wq + 16);
	fake_list_add_tail(f, s->wq, workqueues);
	fake_u64(f, s->wq + 32, s->worker);
	fake_write(f, s->wq + 40, "test", 5);

	f->used = (f->used + PWQ_BYTES - 1) & ~(PWQ_BYTES - 1ull);
	s->pwq = fake_alloc(f, PWQ_BYTES);
	fake_u64(f, s->pwq, s->pool);
	fake_u64(f, s->pwq + 8, s->wq);
	fake_list_init(f, s->pwq + 32);
	fake_list_add_tail(f, s->pwq + 16, s->wq + 16);
}

static void scene_clear(struct scene *s)
{
	snapshot_free(s->snapshot);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static guint64 queue_work(struct scene *s, guint64 func, guint64 list)
{
	guint64 work = fake_alloc(&s->f, WORK_BYTES + 8);

	fake_u64(&s->f, work, s->pwq | IS_PWQ | 0x10);
	fake_u64(&s->f, work + 24, func);
	fake_list_add_tail(&s->f, work + 8, list);
	return work;
}

static const struct work_facts *work_at(const struct scene *s, guint i)
{
	g_assert_cmpuint(i, <, s->snapshot->works->len);
	return &g_array_index(s->snapshot->works, struct work_facts, i);
}

static void test_idle(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	g_assert_true(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmpuint(s.snapshot->works->len, ==, 0);
	g_assert_cmpuint(s.snapshot->pools->len, ==, 1);

	const struct pool_facts *pool = &g_array_index(s.snapshot->pools, struct pool_facts, 0);

	g_assert_cmphex(pool->address, ==, s.pool);
	g_assert_cmpint(pool->id, ==, 7);
	g_assert_cmpuint(pool->workers, ==, 1);
	g_assert_cmpuint(pool->idle, ==, 0);
}

static void test_lists(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);

	guint64 behind = queue_work(&s, s.barrier_func, s.worker + 32);
	guint64 pending = queue_work(&s, s.work_func, s.pool + 16);
	guint64 inactive = queue_work(&s, s.work_func, s.pwq + 32);
	guint64 running = fake_alloc(&s.f, WORK_BYTES);

	queue_work(&s, s.cursor_func, s.pool + 16);
	fake_u64(&s.f, s.worker, running);
	fake_u64(&s.f, s.worker + 8, s.work_func);
	fake_u64(&s.f, s.worker + 16, s.pwq);
	g_assert_true(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmpuint(s.snapshot->works->len, ==, 4);

	static const enum work_state states[] = { WORK_RUNNING, WORK_BEHIND, WORK_PENDING,
						  WORK_INACTIVE };
	const guint64 addresses[] = { running, behind, pending, inactive };

	for (guint i = 0; i < 4; i++) {
		const struct work_facts *w = work_at(&s, i);

		g_assert_cmphex(w->address, ==, addresses[i]);
		g_assert_cmpint(w->state, ==, states[i]);
		g_assert_cmpstr(w->function, ==, i == 1 ? "wq_barrier_func" : "some_work");
		g_assert_cmpstr(w->workqueue, ==, "test");
		g_assert_cmphex(w->pwq, ==, s.pwq);
		g_assert_cmphex(w->pool, ==, s.pool);
		g_assert_true(w->rescuer);
		g_assert_cmphex(w->worker, ==, i < 2 ? 0xffff888000777000ull : 0);
		g_assert_cmphex(w->completion, ==, i == 1 ? behind + 32 : 0);
	}
}

/* Unbound workqueues count what is active per node, since 6.9. */
static void test_unbound(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	s.f.g.at.pool_node = 48;
	s.f.g.at.wq_flags = 64;
	s.f.g.at.wq_node_active = 72;
	s.f.g.at.wq_unbound = 2;

	guint64 of_node = fake_alloc(&s.f, 8), of_all = fake_alloc(&s.f, 8);

	fake_u64(&s.f, s.wq + 72, of_node);
	fake_u64(&s.f, s.wq + 80, of_all);
	queue_work(&s, s.work_func, s.pool + 16);

	const struct {
		guint32 flags, node;
		guint64 counted_at;
	} cases[] = {
		{ 0, 0, s.pwq }, { 2, 0, of_node }, { 2, G_MAXUINT32, of_all }, { 2, 9, s.pwq }
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		fake_u32(&s.f, s.wq + 64, cases[i].flags);
		fake_u32(&s.f, s.pool + 48, cases[i].node);
		g_array_set_size(s.snapshot->works, 0);
		g_assert_true(view_work_snapshot(&s.f.g, s.snapshot));
		g_assert_cmphex(work_at(&s, 0)->pwq, ==, cases[i].counted_at);
	}
}

/* Flushers of all three kinds, and the colors of works wherever they are. */
static void test_flushers(void)
{
	g_auto(scene) s = { 0 };
	struct layout *at = &s.f.g.at;

	scene_init(&s);
	at->lacks_flush = NULL;
	at->worker_color = 64;
	at->wq_flush_color = 64;
	at->wq_first_flusher = 72;
	at->wq_flusher_queue = 80;
	at->wq_flusher_overflow = 96;
	at->flusher_list = 0;
	at->flusher_color = 16;
	at->flusher_done = 24;
	at->work_color_shift = 4;
	at->work_color_bits = 4;

	guint64 flusher[3], running = fake_alloc(&s.f, WORK_BYTES);
	static const guint32 colors[] = { 15, 1, G_MAXUINT32 };

	for (guint i = 0; i < 3; i++) {
		flusher[i] = fake_alloc(&s.f, 64);
		fake_u32(&s.f, flusher[i] + 16, colors[i]);
	}
	fake_u32(&s.f, s.wq + 64, 15);
	fake_u64(&s.f, s.wq + 72, flusher[0]);
	fake_list_init(&s.f, s.wq + 80);
	fake_list_init(&s.f, s.wq + 96);
	fake_list_add_tail(&s.f, flusher[1], s.wq + 80);
	fake_list_add_tail(&s.f, flusher[2], s.wq + 96);
	fake_u64(&s.f, s.worker, running);
	fake_u64(&s.f, s.worker + 16, s.pwq);
	fake_u32(&s.f, s.worker + 64, 15);
	queue_work(&s, s.work_func, s.pool + 16); /* its data say color 1 */
	g_assert_true(view_work_snapshot(&s.f.g, s.snapshot));

	g_assert_cmphex(work_at(&s, 0)->color, ==, 1 << 15);
	g_assert_cmphex(work_at(&s, 1)->color, ==, 1 << 1);
	g_assert_cmphex(work_at(&s, 1)->wq, ==, s.wq);
	g_assert_cmpuint(s.snapshot->flushers->len, ==, 3);

	static const guint32 in_the_way[] = { 1 << 15, 1 << 15 | 1 << 0 | 1 << 1, 0xffff };

	for (guint i = 0; i < 3; i++) {
		const struct flusher_facts *f =
			&g_array_index(s.snapshot->flushers, struct flusher_facts, i);

		g_assert_cmphex(f->completion, ==, flusher[i] + 24);
		g_assert_cmphex(f->wq, ==, s.wq);
		g_assert_cmphex(f->colors, ==, in_the_way[i]);
	}

	/* A worker's color that is none, a list that leads nowhere. */
	fake_u32(&s.f, s.worker + 64, G_MAXINT32);
	fake_u64(&s.f, s.wq + 80, FAKE_WILD);
	g_array_set_size(s.snapshot->works, 0);
	g_assert_false(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmphex(work_at(&s, 0)->color, ==, 0);
}

/* A list that loops past its head, and one that leads out of RAM: found out, and the rest is read.
 */
static void test_damaged(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);

	guint64 a = queue_work(&s, s.work_func, s.pool + 16);
	guint64 b = queue_work(&s, s.work_func, s.pool + 16);

	queue_work(&s, s.work_func, s.pwq + 32);
	fake_u64(&s.f, b + 8, a + 8);
	g_assert_false(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmpuint(s.snapshot->works->len, <=, 1 << 15);

	g_array_set_size(s.snapshot->works, 0);
	fake_u64(&s.f, b + 8, FAKE_WILD);
	g_assert_false(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmpuint(s.snapshot->works->len, ==, 3);
	g_assert_cmpint(work_at(&s, 2)->state, ==, WORK_INACTIVE);
}

/* A kernel without one of the members: nothing is read, and nothing is torn. */
static void test_absent(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	s.f.g.at.lacks_work = "worker_pool.workers";
	s.f.g.at.pool_workers = LAYOUT_NONE;
	g_assert_true(view_work_snapshot(&s.f.g, s.snapshot));
	g_assert_cmpuint(s.snapshot->pools->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-work/idle", test_idle);
	g_test_add_func("/view-work/lists", test_lists);
	g_test_add_func("/view-work/unbound", test_unbound);
	g_test_add_func("/view-work/flushers", test_flushers);
	g_test_add_func("/view-work/damaged", test_damaged);
	g_test_add_func("/view-work/absent", test_absent);
	return g_test_run();
}
