// SPDX-License-Identifier: GPL-2.0-only
/* Block devices: tags counted, requests in flight found and described, damage survived. */
#include "guest/folio.h"
#include "guest/view_block.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define INODE_BYTES   64
#define PAGE_BYTES    64
#define REQUEST_BYTES 128
#define TAGS_BYTES    128
#define WORD_BYTES    128
#define BVEC_BYTES    16
#define DEPTH	      70 /* a sbitmap of two words, the second one short */
#define IN_FLIGHT     1
#define WRITE	      1

struct scene {
	fake_guest f;
	struct view_socket *sockets;
	struct view_nbd *nbd;
	struct snapshot *snapshot;
	guint64 super, disk, queue, set, tags, rqs, words;
};

static void set_layout(struct layout *at)
{
	at->lacks_block = NULL;
	at->sb_inodes = 0;
	at->inode_sb_list = 0;
	at->bdev_inode_bdev = 32;
	at->bdev_inode_inode = 0;
	at->bdev_disk = 8;
	at->disk_part0 = 0;
	at->disk_name = 8;
	at->disk_queue = 32;
	at->disk_struct_bytes = 256;
	at->queue_tag_set = 0;
	at->queue_elevator = 8;
	at->queue_ops = 16;
	at->tag_set_tags = 0;
	at->tag_set_queues = 8;
	at->tags_nr = 0;
	at->tags_rqs = 8;
	at->tags_bitmap = 16;
	at->sbq_depth = 0;
	at->sbq_shift = 4;
	at->sbq_map = 8;
	at->sbitmap_word = 0;
	at->sbitmap_cleared = 64;
	at->sbitmap_word_bytes = WORD_BYTES;
	at->request_queue = 0;
	at->request_state = 8;
	at->request_tag = 12;
	at->request_flags = 16;
	at->request_len = 20;
	at->request_bio = 24;
	at->request_start_ns = 32;
	at->request_struct_bytes = REQUEST_BYTES;
	at->rq_in_flight = IN_FLIGHT;
	at->bio_next = 0;
	at->bio_vecs = 8;
	at->bio_index = 16;
	at->bio_size = 20;
	at->bio_done = 24;
	at->bvec_page = 0;
	at->bvec_len = 8;
	at->bvec_offset = 12;
	at->bvec_struct_bytes = BVEC_BYTES;
	at->page_bytes = PAGE_BYTES;
	at->page_compound_head = 8;
	at->idr_head = 0;
}

/* An inode whose block_device points to @disk; returns the block_device. */
static guint64 add_inode(struct scene *s, guint64 disk)
{
	guint64 inode = fake_alloc(&s->f, INODE_BYTES);

	fake_u64(&s->f, inode + 32 + 8, disk);
	fake_list_add_tail(&s->f, inode, s->super);
	return inode + 32;
}

/* One disk "vda" with a partition, one hardware queue, no scheduler. */
static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;

	fake_guest_init(f);
	set_layout(&f->g.at);
	fake_symbol(f, "nbd_index_idr", 'b', fake_alloc(f, 16));
	s->sockets = view_socket_new(&f->g);
	s->nbd = view_nbd_new(&f->g, s->sockets);
	s->snapshot = snapshot_new();

	guint64 variable = fake_alloc(f, 8), table = fake_alloc(f, 8);

	s->super = fake_alloc(f, 16);
	s->disk = fake_alloc(f, 256);
	s->queue = fake_alloc(f, 32);
	s->set = fake_alloc(f, 16);
	s->tags = fake_alloc(f, TAGS_BYTES);
	s->rqs = fake_alloc(f, DEPTH * 8);
	s->words = fake_alloc(f, 2 * WORD_BYTES);
	fake_symbol(f, "blockdev_superblock", 'd', variable);
	fake_u64(f, variable, s->super);
	fake_list_init(f, s->super);
	add_inode(s, 0); /* the root directory */
	fake_u64(f, s->disk, add_inode(s, s->disk));
	add_inode(s, s->disk); /* a partition */
	fake_write(f, s->disk + 8, "vda", 4);
	fake_u64(f, s->disk + 32, s->queue);
	fake_u64(f, s->queue, s->set);
	fake_u64(f, s->set, table);
	fake_u32(f, s->set + 8, 1);
	fake_u64(f, table, s->tags);
	fake_u32(f, s->tags, DEPTH);
	fake_u64(f, s->tags + 8, s->rqs);
	fake_u32(f, s->tags + 16, DEPTH);
	fake_u32(f, s->tags + 16 + 4, 6);
	fake_u64(f, s->tags + 16 + 8, s->words);
}

static void scene_clear(struct scene *s)
{
	view_nbd_free(s->nbd);
	view_socket_free(s->sockets);
	snapshot_free(s->snapshot);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static gboolean take_snapshot(struct scene *s)
{
	return view_block_snapshot(&s->f.g, s->nbd, 0, s->snapshot);
}

/* A request at rqs[@tag] that says its tag is @own. */
static guint64 add_request(struct scene *s, guint tag, guint own, guint32 state)
{
	guint64 request = fake_alloc(&s->f, REQUEST_BYTES);

	fake_u64(&s->f, s->rqs + tag * 8, request);
	fake_u64(&s->f, request, s->queue);
	fake_u32(&s->f, request + 8, state);
	fake_u32(&s->f, request + 12, own);
	fake_u32(&s->f, request + 16, WRITE | 1u << 11);
	fake_u32(&s->f, request + 20, 8192);
	return request;
}

/* A bio with the @n pages from @page on in one vector, of which its iterator has left the last. */
static guint64 new_bio(struct scene *s, guint64 page, guint n, guint left)
{
	guint64 bio = fake_alloc(&s->f, 32), vec = fake_alloc(&s->f, BVEC_BYTES);

	fake_u64(&s->f, bio + 8, vec);
	fake_u32(&s->f, bio + 20, left * 4096);
	fake_u32(&s->f, bio + 24, (n - left) * 4096);
	fake_u64(&s->f, vec, page);
	fake_u32(&s->f, vec + 8, n * 4096);
	return bio;
}

static const struct request_facts *request_at(const struct scene *s, guint i)
{
	g_assert_cmpuint(i, <, s->snapshot->requests->len);
	return &g_array_index(s->snapshot->requests, struct request_facts, i);
}

static void test_count(void)
{
	g_auto(scene) s = { 0 };
	guint32 depth, taken;

	scene_init(&s);
	fake_u64(&s.f, s.words, 0xff);
	fake_u64(&s.f, s.words + 64, 0x0f); /* of these, four are free again */
	fake_u64(&s.f, s.words + WORD_BYTES, ~0ull);
	g_assert_true(view_block_count(&s.f.g, s.tags + 16, &depth, &taken));
	g_assert_cmpuint(depth, ==, DEPTH);
	g_assert_cmpuint(taken, ==, 4 + DEPTH - 64);

	fake_u32(&s.f, s.tags + 16, G_MAXUINT32);
	g_assert_false(view_block_count(&s.f.g, s.tags + 16, &depth, &taken));
	fake_u32(&s.f, s.tags + 16, DEPTH);
	fake_u32(&s.f, s.tags + 16 + 4, 200);
	g_assert_false(view_block_count(&s.f.g, s.tags + 16, &depth, &taken));
}

static void test_requests(void)
{
	g_auto(scene) s = { 0 };
	struct task_facts waiter = { 0 };

	scene_init(&s);
	fake_u64(&s.f, s.words, 0x7);
	add_request(&s, 0, 0, 0);				 /* taken, not issued */
	add_request(&s, 1, 1, IN_FLIGHT);			 /* this one */
	add_request(&s, 2, 5, IN_FLIGHT);			 /* has another tag by now */
	fake_u64(&s.f, add_request(&s, 3, 3, IN_FLIGHT), s.set); /* of another queue */
	waiter.on.kind = OBJECT_TAGS;
	waiter.on.address = s.tags + 16;
	g_array_append_val(s.snapshot->tasks, waiter);

	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->tags->len, ==, 1);

	const struct tags_facts *tags = &g_array_index(s.snapshot->tags, struct tags_facts, 0);

	g_assert_cmpstr(tags->name, ==, "vda");
	g_assert_cmphex(tags->queue, ==, s.tags + 16);
	g_assert_cmpuint(tags->taken, ==, 3);
	g_assert_cmpuint(tags->in_flight, ==, 1);
	g_assert_cmpuint(s.snapshot->requests->len, ==, 1);
	g_assert_cmpstr(request_at(&s, 0)->name, ==, "vda tag 1");
	g_assert_cmpstr(request_at(&s, 0)->op, ==, "write");
	g_assert_cmpuint(request_at(&s, 0)->bytes, ==, 8192);
	g_assert_cmpint(request_at(&s, 0)->age_ms, ==, -1);
	g_assert_cmpstr(g_array_index(s.snapshot->tasks, struct task_facts, 0).on.name, ==, "vda");
}

/* Folios are found by their first page, by a later page of theirs, and in the middle of a vector.
 */
static void test_folios(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);

	guint64 pages = fake_alloc(&s.f, 16 * PAGE_BYTES);
	guint64 first = add_request(&s, 0, 0, IN_FLIGHT), second = add_request(&s, 1, 1, IN_FLIGHT);
	guint64 one = new_bio(&s, pages, 4, 2); /* pages 2 and 3 */
	guint64 two = new_bio(&s, pages + 9 * PAGE_BYTES, 1, 1);
	struct folio_facts folios[] = { { .address = pages + 3 * PAGE_BYTES },
					{ .address = pages + 8 * PAGE_BYTES },
					{ .address = pages } };

	fake_u64(&s.f, pages + 9 * PAGE_BYTES + 8, (pages + 8 * PAGE_BYTES) | 1);
	fake_u64(&s.f, first + 24, one);
	fake_u64(&s.f, second + 24, two);
	g_array_append_vals(s.snapshot->folios, folios, 3);
	g_assert_true(take_snapshot(&s));

	static const char *const carriers[] = { "vda tag 0", "vda tag 1", "" };

	for (guint i = 0; i < 3; i++)
		g_assert_cmpstr(g_array_index(s.snapshot->folios, struct folio_facts, i).request,
				==, carriers[i]);
	g_assert_cmphex(request_at(&s, 0)->folio, ==, pages + 2 * PAGE_BYTES);
	g_assert_cmphex(request_at(&s, 1)->folio, ==, pages + 8 * PAGE_BYTES);

	/* Bios in a circle, and a vector in no RAM: the requests are there all the same. */
	fake_u64(&s.f, one, one);
	fake_u64(&s.f, two + 8, FAKE_WILD);
	g_array_set_size(s.snapshot->requests, 0);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->requests->len, ==, 2);
	g_assert_cmphex(request_at(&s, 1)->folio, ==, 0);
}

/* The address of a tail page's head, or the mask that makes it of the tail page's own. */
static void test_folio_of(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);

	guint64 ram = fake_alloc(&s.f, 32 * PAGE_BYTES);
	guint64 head = (ram + 8 * PAGE_BYTES) & -(8ull * PAGE_BYTES), tail = head + 5 * PAGE_BYTES;

	g_assert_cmphex(folio_of(&s.f.g, tail), ==, tail);
	fake_u64(&s.f, tail + 8, head | 1);
	g_assert_cmphex(folio_of(&s.f.g, tail), ==, head);
	fake_u64(&s.f, tail + 8, -(8ull * PAGE_BYTES) | 1);
	g_assert_cmphex(folio_of(&s.f.g, tail), ==, head);
	g_assert_cmphex(folio_of(&s.f.g, FAKE_WILD), ==, FAKE_WILD);
}

/* In 5.10 a disk holds the struct hd_struct of its whole, and its block_device points there. */
static void test_part_in_disk(void)
{
	enum { BDEV_PART = 16, PART0 = 64 };
	g_auto(scene) s = { 0 };
	guint64 whole;

	scene_init(&s);
	add_request(&s, 1, 1, IN_FLIGHT);
	g_assert_true(guest_u64(&s.f.g, s.disk, &whole));
	s.f.g.at.bdev_part = BDEV_PART;
	s.f.g.at.disk_part0 = PART0;
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->requests->len, ==, 0);
	fake_u64(&s.f, whole + BDEV_PART, s.disk + PART0);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->requests->len, ==, 1);
}

static void test_scheduler(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);

	guint64 sched = fake_alloc(&s.f, TAGS_BYTES), hctx = fake_alloc(&s.f, 16),
		words = fake_alloc(&s.f, WORD_BYTES), array = fake_alloc(&s.f, 8);

	fake_u64(&s.f, s.queue + 8, s.disk); /* any elevator */
	s.f.g.at.queue_hctx_array = 24;
	s.f.g.at.hctx_sched_tags = 0;
	fake_u64(&s.f, s.queue + 24, array);
	fake_u64(&s.f, array, hctx);
	fake_u64(&s.f, hctx, sched);
	fake_u32(&s.f, sched + 16, 40);
	fake_u32(&s.f, sched + 16 + 4, 6);
	fake_u64(&s.f, sched + 16 + 8, words);
	fake_u64(&s.f, words, 0x1f);
	add_request(&s, 1, 1, IN_FLIGHT);
	g_assert_true(take_snapshot(&s));

	const struct tags_facts *tags = &g_array_index(s.snapshot->tags, struct tags_facts, 0);

	g_assert_cmphex(tags->queue, ==, sched + 16);
	g_assert_cmpuint(tags->depth, ==, 40);
	g_assert_cmpuint(tags->taken, ==, 5);
	g_assert_cmpuint(tags->in_flight, ==, 1);
}

static void test_damaged(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	fake_u64(&s.f, s.rqs, FAKE_WILD);
	g_assert_false(take_snapshot(&s));
	fake_u64(&s.f, s.rqs, 0);
	fake_u64(&s.f, s.queue, FAKE_WILD); /* the tag set */
	g_assert_false(take_snapshot(&s));
	fake_u64(&s.f, s.queue, 0); /* a device that takes bios has none */
	g_assert_true(take_snapshot(&s));
	fake_u64(&s.f, s.super, FAKE_WILD);
	g_assert_false(take_snapshot(&s));
	s.f.g.at.lacks_block = "super_block.s_inodes";
	g_assert_true(take_snapshot(&s));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-block/count", test_count);
	g_test_add_func("/view-block/requests", test_requests);
	g_test_add_func("/view-block/folios", test_folios);
	g_test_add_func("/view-block/folio-of", test_folio_of);
	g_test_add_func("/view-block/part-in-disk", test_part_in_disk);
	g_test_add_func("/view-block/scheduler", test_scheduler);
	g_test_add_func("/view-block/damaged", test_damaged);
	return g_test_run();
}
