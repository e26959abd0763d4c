// SPDX-License-Identifier: GPL-2.0-only
/* The sockets that swap goes over: found by their mark, named by port, timed; damage survived. */
#include "guest/view_socket.h"

#include <string.h>

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define TABLE_AT      8 /* in inet_hashinfo */
#define MASK_AT	      16
#define DPORT_AT      12 /* in a sock */
#define NODE_AT	      16
#define STATE_AT      26
#define FLAGS_AT      32
#define WMEM_AT	      40
#define SNDBUF_AT     44
#define UNA_AT	      48
#define NXT_AT	      52
#define WRITE_SEQ_AT  56
#define LOCKED_AT     60
#define RMEM_AT	      64
#define BACKLOG_AT    68
#define EXPIRES_AT    72
#define PPREV_AT      80
#define RETRANSMIT_AT 88
#define SOCK_BYTES    96

#define BUCKETS	      8
#define MEMALLOC      14 /* a bit of the flags */
#define ESTABLISHED   1	 /* states, of include/net/tcp_states.h */
#define TIME_WAIT     6
#define NEW_SYN_RECV  12
#define SYN_SENT      2
#define PORT_ELSE     10809
#define PORT_NFS      2049
#define PORT_NVME     4420
#define MOST_BUCKETS  65536
#define SOCKETS_A_LOT 1024

struct scene {
	fake_guest f;
	struct view_socket *sockets;
	struct snapshot *snapshot;
	guint64 info, table, jiffies, tcp_mem;
};

static void set_layout(struct layout *at)
{
	at->lacks_sockets = NULL;
	at->hashinfo_table = TABLE_AT;
	at->hashinfo_mask = MASK_AT;
	at->sock_dport = DPORT_AT;
	at->sock_nulls_node = NODE_AT;
	at->sock_state = STATE_AT;
	at->sock_flags = FLAGS_AT;
	at->sock_wmem_queued = WMEM_AT;
	at->sock_sndbuf = SNDBUF_AT;
	at->tcp_snd_una = UNA_AT;
	at->tcp_snd_nxt = NXT_AT;
	at->tcp_write_seq = WRITE_SEQ_AT;
	at->sock_locked = LOCKED_AT;
	at->sock_backlog_rmem = RMEM_AT;
	at->sock_backlog_bytes = BACKLOG_AT;
	at->icsk_retransmit_expires = EXPIRES_AT;
	at->icsk_retransmit_pprev = PPREV_AT;
	at->icsk_retransmits = RETRANSMIT_AT;
	at->sock_memalloc = MEMALLOC;
}

/* The end of chain @i is no pointer: an odd number. */
static guint64 chain_end(guint i)
{
	return (guint64)i << 1 | 1;
}

/* A table of @buckets chains, all empty. */
static void new_table(struct scene *s, guint buckets)
{
	s->table = fake_alloc(&s->f, buckets * 8ull);
	for (guint i = 0; i < buckets; i++)
		fake_u64(&s->f, s->table + i * 8ull, chain_end(i));
	fake_u64(&s->f, s->info + TABLE_AT, s->table);
	fake_u32(&s->f, s->info + MASK_AT, buckets - 1);
}

static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;

	fake_guest_init(f);
	set_layout(&f->g.at);
	s->sockets = view_socket_new(&f->g);
	s->snapshot = snapshot_new();
	s->info = fake_alloc(f, 32);
	s->jiffies = fake_alloc(f, 8);
	s->tcp_mem = fake_alloc(f, 8 * 4);
	fake_symbol(f, "tcp_hashinfo", 'd', s->info);
	fake_symbol(f, "jiffies_64", 'd', s->jiffies);
	fake_symbol(f, "sysctl_tcp_mem", 'd', s->tcp_mem);
	fake_symbol(f, "tcp_memory_allocated", 'b', s->tcp_mem + 24);
	new_table(s, BUCKETS);
}

static void scene_clear(struct scene *s)
{
	view_socket_free(s->sockets);
	snapshot_free(s->snapshot);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static guint64 head_of(const struct scene *s, guint bucket)
{
	return s->table + bucket * 8ull;
}

/* An established one, first of the chain @bucket. */
static guint64 add_socket(struct scene *s, guint bucket, guint16 port, guint64 flags)
{
	guint64 sk = fake_alloc(&s->f, SOCK_BYTES), next;
	guint16 wire = GUINT16_TO_BE(port);
	guint8 state = ESTABLISHED;

	g_assert_true(guest_u64(&s->f.g, head_of(s, bucket), &next));
	fake_write(&s->f, sk + DPORT_AT, &wire, sizeof(wire));
	fake_write(&s->f, sk + STATE_AT, &state, sizeof(state));
	fake_u64(&s->f, sk + FLAGS_AT, flags);
	fake_u64(&s->f, sk + NODE_AT, next);
	fake_u64(&s->f, head_of(s, bucket), sk + NODE_AT);
	return sk;
}

static guint64 add_memalloc(struct scene *s, guint bucket, guint16 port)
{
	return add_socket(s, bucket, port, 1ull << MEMALLOC | 1);
}

static void set_sequence(struct scene *s, guint64 sk, guint32 una, guint32 nxt)
{
	fake_u32(&s->f, sk + UNA_AT, una);
	fake_u32(&s->f, sk + NXT_AT, nxt);
}

/* 0: it is not armed. */
static void set_timer(struct scene *s, guint64 sk, guint64 expires)
{
	fake_u64(&s->f, sk + PPREV_AT, expires ? sk : 0);
	fake_u64(&s->f, sk + EXPIRES_AT, expires);
}

static gboolean take_snapshot(struct scene *s)
{
	g_array_set_size(s->snapshot->sockets, 0);
	return view_socket_memalloc(s->sockets, NULL, s->snapshot);
}

static const struct socket_facts *socket_at(const struct scene *s, guint i)
{
	g_assert_cmpuint(i, <, s->snapshot->sockets->len);
	return &g_array_index(s->snapshot->sockets, struct socket_facts, i);
}

static struct sample take_sample(struct scene *s)
{
	struct sample sample;

	memset(&sample, 0xff, sizeof(sample)); /* SAMPLE_UNKNOWN */
	view_socket_begin(s->sockets, &sample);
	g_assert_true(view_socket_memalloc(s->sockets, &sample, NULL));
	return sample;
}

/* Those with the mark, wherever in a chain they are, in the table's order. */
static void test_found(void)
{
	g_auto(scene) s = { 0 };
	guint64 nfs, nvme, other;

	scene_init(&s);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, ==, 0);
	add_socket(&s, 1, PORT_NFS, ~(1ull << MEMALLOC));
	nfs = add_memalloc(&s, 1, PORT_NFS);
	add_socket(&s, 1, PORT_NFS, 0);
	nvme = add_memalloc(&s, 3, PORT_NVME);
	other = add_memalloc(&s, BUCKETS - 1, PORT_ELSE);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, ==, 3);
	g_assert_cmphex(socket_at(&s, 0)->address, ==, nfs);
	g_assert_cmpstr(socket_at(&s, 0)->name, ==, "nfs socket 0");
	g_assert_cmphex(socket_at(&s, 1)->address, ==, nvme);
	g_assert_cmpstr(socket_at(&s, 1)->name, ==, "nvme socket 1");
	g_assert_cmphex(socket_at(&s, 2)->address, ==, other);
	g_assert_cmpstr(socket_at(&s, 2)->name, ==, "swap socket 2");
}

/* These hold a pointer where others have their flags, and end before TCP's part. */
static void test_no_full_sockets(void)
{
	static const guint8 states[] = { TIME_WAIT, NEW_SYN_RECV };
	g_auto(scene) s = { 0 };

	scene_init(&s);
	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		guint64 sk = add_socket(&s, i, PORT_NFS, 0xffffffff82b4f5c0ull);

		fake_write(&s.f, sk + STATE_AT, &states[i], 1);
	}
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, ==, 0);
}

static void test_facts(void)
{
	g_auto(scene) s = { 0 };
	const struct socket_facts *facts;
	guint64 sk;

	scene_init(&s);
	sk = add_memalloc(&s, 0, PORT_NFS);
	fake_u32(&s.f, sk + WMEM_AT, 70000);
	fake_u32(&s.f, sk + SNDBUF_AT, 87380);
	set_sequence(&s, sk, 0xffffff00, 0x100); /* they wrap */
	fake_u32(&s.f, sk + WRITE_SEQ_AT, 0x200);
	fake_u32(&s.f, sk + LOCKED_AT, 1);
	fake_u32(&s.f, sk + RMEM_AT, 3000);
	fake_u32(&s.f, sk + BACKLOG_AT, 4000);
	fake_u32(&s.f, sk + RETRANSMIT_AT, 5);
	fake_u64(&s.f, s.jiffies, 1000);
	fake_u64(&s.f, s.tcp_mem + 16, 900);
	fake_u64(&s.f, s.tcp_mem + 24, 12);
	set_timer(&s, sk, 1300);
	g_assert_true(take_snapshot(&s));
	facts = socket_at(&s, 0);
	g_assert_cmpuint(facts->wmem_queued_bytes, ==, 70000);
	g_assert_cmpuint(facts->sndbuf_bytes, ==, 87380);
	g_assert_cmpuint(facts->unacked_bytes, ==, 0x200);
	g_assert_true(facts->locked);
	g_assert_true(facts->memalloc);
	g_assert_false(facts->drained);
	g_assert_cmpuint(facts->rmem_bytes, ==, 3000);
	g_assert_cmpuint(facts->backlog_bytes, ==, 4000);
	g_assert_cmpuint(facts->retransmits, ==, 5);
	g_assert_cmpint(facts->timer_in_jiffies, ==, 300);
	g_assert_cmpuint(facts->tcp_mem_pages, ==, 12);
	g_assert_cmpuint(facts->tcp_mem_max_pages, ==, 900);

	set_sequence(&s, sk, 0x200, 0x200);
	set_timer(&s, sk, 0);
	fake_u32(&s.f, sk + LOCKED_AT, 0);
	fake_u64(&s.f, s.tcp_mem + 24, -5);
	g_assert_true(take_snapshot(&s));
	facts = socket_at(&s, 0);
	g_assert_cmpuint(facts->unacked_bytes, ==, 0);
	g_assert_true(facts->drained);
	g_assert_false(facts->locked);
	g_assert_cmpint(facts->timer_in_jiffies, ==, G_MININT64);
	g_assert_cmpuint(facts->tcp_mem_pages, ==, 0);
}

static void test_sums(void)
{
	g_auto(scene) s = { 0 };
	struct sample sample;
	guint64 one, two, stranger;

	scene_init(&s);
	sample = take_sample(&s);
	g_assert_cmpint(sample.swap_wmem_bytes, ==, 0);
	g_assert_cmpint(sample.tcp_timer_armed, ==, 0);
	one = add_memalloc(&s, 0, PORT_NFS);
	two = add_memalloc(&s, 0, PORT_NFS);
	stranger = add_socket(&s, 0, PORT_NFS, 0);
	fake_u32(&s.f, one + WMEM_AT, 100);
	fake_u32(&s.f, two + WMEM_AT, 20);
	fake_u32(&s.f, stranger + WMEM_AT, 3);
	set_sequence(&s, one, 10, 17);
	set_sequence(&s, two, 0xffffffff, 1);
	set_timer(&s, stranger, 5);
	for (guint i = 0; i < 2; i++) {
		sample = take_sample(&s); /* each begins anew */
		g_assert_cmpint(sample.swap_wmem_bytes, ==, 120);
		g_assert_cmpint(sample.tcp_unacked_bytes, ==, 9);
		g_assert_cmpint(sample.tcp_timer_armed, ==, 0);
	}
	set_timer(&s, two, 5);
	g_assert_cmpint(take_sample(&s).tcp_timer_armed, ==, 1);
}

/* It fired in vain when it was armed anew, and no byte more has been acknowledged. */
static void test_timer(void)
{
	g_auto(scene) s = { 0 };
	guint64 sk, other;

	scene_init(&s);
	sk = add_memalloc(&s, 0, PORT_NFS);
	other = add_memalloc(&s, 1, PORT_NFS);
	set_sequence(&s, sk, 10, 20);
	set_timer(&s, sk, 100);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 0);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 0);
	set_timer(&s, sk, 200);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 1);
	set_timer(&s, sk, 400);
	set_timer(&s, other, 300);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 2);
	set_sequence(&s, sk, 11, 20);
	set_timer(&s, sk, 500);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 2);
	set_timer(&s, sk, 0);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 2);
	set_timer(&s, other, 600);
	g_assert_cmpint(take_sample(&s).tcp_timer_fires, ==, 3);
}

/* Who connects has no mark yet; its SYN counts, and it is none of the swap's sockets. */
static void test_connecting(void)
{
	static const guint8 state = SYN_SENT;
	g_auto(scene) s = { 0 };
	guint64 sk;
	struct sample sample;

	scene_init(&s);
	sk = add_socket(&s, 0, PORT_ELSE, 0);
	set_timer(&s, sk, 100);
	take_sample(&s);
	set_timer(&s, sk, 200);
	sample = take_sample(&s);
	g_assert_cmpint(sample.connect_fires, ==, 0); /* established */
	g_assert_cmpint(sample.connecting, ==, 0);
	fake_write(&s.f, sk + STATE_AT, &state, 1);
	g_assert_cmpint(take_sample(&s).connect_fires, ==, 0);
	set_timer(&s, sk, 400);
	sample = take_sample(&s);
	g_assert_cmpint(sample.connect_fires, ==, 1);
	g_assert_cmpint(sample.connecting, ==, 1);
	g_assert_cmpint(sample.tcp_timer_armed, ==, 0);
	set_timer(&s, sk, 800);
	view_socket_begin(s.sockets, &sample);
	view_socket_connecting(s.sockets, &sample);
	g_assert_cmpint(sample.connect_fires, ==, 2);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, ==, 0);

	/* With the mark it is one of the swap's, but not for who asks only for the others. */
	fake_u64(&s.f, sk + FLAGS_AT, 1ull << MEMALLOC);
	g_assert_cmpint(take_sample(&s).tcp_timer_armed, ==, 1);
	view_socket_begin(s.sockets, &sample);
	view_socket_connecting(s.sockets, &sample);
	g_assert_cmpint(sample.tcp_timer_armed, ==, 0);
}

static void test_waits(void)
{
	g_auto(scene) s = { 0 };
	guint64 sk;

	scene_init(&s);
	sk = add_memalloc(&s, 0, PORT_NVME);

	struct task_facts tasks[] = { { .on = { OBJECT_SOCKET, .address = sk } },
				      { .on = { OBJECT_SOCKET, .address = sk + SOCK_BYTES } },
				      { .on = { OBJECT_MUTEX, .address = sk } } };

	g_array_append_vals(s.snapshot->tasks, tasks, G_N_ELEMENTS(tasks));
	g_assert_true(take_snapshot(&s));

	static const char *const names[] = { "nvme socket 0", "", "" };

	for (guint i = 0; i < G_N_ELEMENTS(tasks); i++)
		g_assert_cmpstr(g_array_index(s.snapshot->tasks, struct task_facts, i).on.name, ==,
				names[i]);
}

/* One chain that is damaged does not hide the others, but it is said. */
static void test_damaged_chain(void)
{
	static const guint64 bad[] = { FAKE_WILD, 8, FAKE_DIRECT_MAP + 4 };
	g_auto(scene) s = { 0 };
	guint64 endless;

	scene_init(&s);
	add_memalloc(&s, 5, PORT_NFS);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		fake_u64(&s.f, head_of(&s, 2), bad[i]);
		g_assert_false(take_snapshot(&s));
		g_assert_cmpuint(s.snapshot->sockets->len, ==, 1);
	}
	fake_u64(&s.f, head_of(&s, 2), chain_end(2));
	endless = add_socket(&s, 2, PORT_NFS, 0);
	fake_u64(&s.f, endless + NODE_AT, endless + NODE_AT);
	g_assert_false(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, ==, 1);
	fake_u64(&s.f, endless + NODE_AT, 0);
	g_assert_true(take_snapshot(&s));
}

static void test_damaged_table(void)
{
	static const guint32 masks[] = { G_MAXUINT32, MOST_BUCKETS };
	g_auto(scene) s = { 0 };

	scene_init(&s);
	add_memalloc(&s, 0, PORT_NFS);
	for (guint i = 0; i < G_N_ELEMENTS(masks); i++) {
		fake_u32(&s.f, s.info + MASK_AT, masks[i]);
		g_assert_false(take_snapshot(&s));
		g_assert_cmpuint(s.snapshot->sockets->len, ==, 0);
	}
	fake_u32(&s.f, s.info + MASK_AT, BUCKETS - 1);
	fake_u64(&s.f, s.info + TABLE_AT, FAKE_WILD);
	g_assert_false(take_snapshot(&s));
	fake_u64(&s.f, s.info + TABLE_AT, s.table);
	g_assert_true(take_snapshot(&s));
}

/* The largest table, each of its chains without an end and full of swap's sockets. */
static void test_bounded(void)
{
	g_auto(scene) s = { 0 };
	gint64 began = g_get_monotonic_time();
	struct sample sample = { 0 };
	guint64 sk;

	scene_init(&s);
	new_table(&s, MOST_BUCKETS);
	sk = add_memalloc(&s, 0, PORT_NFS);
	fake_u64(&s.f, sk + NODE_AT, sk + NODE_AT);
	for (guint i = 0; i < MOST_BUCKETS; i++)
		fake_u64(&s.f, head_of(&s, i), sk + NODE_AT);
	g_assert_false(take_snapshot(&s));
	g_assert_cmpuint(s.snapshot->sockets->len, <, SOCKETS_A_LOT);
	g_assert_false(view_socket_memalloc(s.sockets, &sample, NULL));
	g_assert_cmpint(g_get_monotonic_time() - began, <, 5 * G_TIME_SPAN_SECOND);
}

/* Not to know them is not to have none. */
static void test_kernel_without(void)
{
	g_auto(fake_guest) none = { 0 };
	g_auto(scene) s = { 0 };
	struct view_socket *sockets;
	struct sample sample = { 0 };

	scene_init(&s);
	s.f.g.at.sock_memalloc = -1;
	g_assert_false(take_snapshot(&s));
	s.f.g.at.sock_memalloc = MEMALLOC;
	s.f.g.at.lacks_sockets = "inet_hashinfo.ehash";
	g_assert_false(take_snapshot(&s));

	fake_guest_init(&none);
	set_layout(&none.g.at);
	sockets = view_socket_new(&none.g);
	g_assert_false(view_socket_memalloc(sockets, &sample, NULL));
	view_socket_free(sockets);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-socket/found", test_found);
	g_test_add_func("/view-socket/no-full-sockets", test_no_full_sockets);
	g_test_add_func("/view-socket/facts", test_facts);
	g_test_add_func("/view-socket/sums", test_sums);
	g_test_add_func("/view-socket/timer", test_timer);
	g_test_add_func("/view-socket/connecting", test_connecting);
	g_test_add_func("/view-socket/waits", test_waits);
	g_test_add_func("/view-socket/damaged-chain", test_damaged_chain);
	g_test_add_func("/view-socket/damaged-table", test_damaged_table);
	g_test_add_func("/view-socket/bounded", test_bounded);
	g_test_add_func("/view-socket/kernel-without", test_kernel_without);
	return g_test_run();
}
