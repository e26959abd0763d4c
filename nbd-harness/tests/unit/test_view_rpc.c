// SPDX-License-Identifier: GPL-2.0-only
/* The calls of RPC clients: listed, told apart, counted; damage survived. */
#include "guest/view_rpc.h"

#include <string.h>

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define GEN_AT	   8  /* in a net */
#define CLIENTS_AT 32 /* in sunrpc_net */
#define CLIENT_AT  8  /* in a client: its node, its calls */
#define TASKS_AT   24
#define TASK_AT	   16 /* in a task */
#define STATE_AT   32
#define PROC_AT	   40
#define REQUEST_AT 48
#define XID_AT	   4 /* in a request */
#define NAME_AT	   8 /* in a procedure */
#define NET_ID	   3 /* which of net_generic.ptr[] is sunrpc's */

/* Of tk_runstate, as in include/linux/sunrpc/sched.h. */
#define ACTIVE	    (1 << 2)
#define NEED_XMIT   (1 << 3)
#define NEED_RECV   (1 << 4)

#define COUNTED_MAX 4096 /* as judge/facts.h promises */
#define LISTED_MAX  256

struct scene {
	fake_guest f;
	GArray *requests;
	guint64 id, generic, sunrpc, procedure;
};

static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;
	struct layout *at = &f->g.at;
	guint64 net;

	fake_guest_init(f);
	at->lacks_rpc = NULL;
	at->net_gen = GEN_AT;
	at->sunrpc_clients = CLIENTS_AT;
	at->clnt_clients = CLIENT_AT;
	at->clnt_tasks = TASKS_AT;
	at->rpc_task_node = TASK_AT;
	at->rpc_task_state = STATE_AT;
	at->rpc_task_proc = PROC_AT;
	at->rpc_task_rqst = REQUEST_AT;
	at->rpc_xid = XID_AT;
	at->rpc_proc_name = NAME_AT;

	s->requests = g_array_new(FALSE, TRUE, sizeof(struct request_facts));
	s->id = fake_alloc(f, 4);
	net = fake_alloc(f, 16);
	s->generic = fake_alloc(f, 8 * (NET_ID + 1));
	s->sunrpc = fake_alloc(f, 64);
	s->procedure = fake_alloc(f, 16);
	fake_symbol(f, "sunrpc_net_id", 'b', s->id);
	fake_symbol(f, "init_net", 'd', net);
	fake_u32(f, s->id, NET_ID);
	fake_u64(f, net + GEN_AT, s->generic);
	fake_u64(f, s->generic + 8 * NET_ID, s->sunrpc);
	fake_list_init(f, s->sunrpc + CLIENTS_AT);
	fake_u64(f, s->procedure + NAME_AT, fake_text(f, "WRITE"));
}

static void scene_clear(struct scene *s)
{
	g_array_unref(s->requests);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static guint64 add_client(struct scene *s)
{
	guint64 client = fake_alloc(&s->f, 64);

	fake_list_init(&s->f, client + TASKS_AT);
	fake_list_add_tail(&s->f, client + CLIENT_AT, s->sunrpc + CLIENTS_AT);
	return client;
}

static guint64 add_task(struct scene *s, guint64 client, guint64 state)
{
	guint64 task = fake_alloc(&s->f, 64);

	fake_u64(&s->f, task + STATE_AT, state);
	fake_u64(&s->f, task + PROC_AT, s->procedure);
	fake_list_add_tail(&s->f, task + TASK_AT, client + TASKS_AT);
	return task;
}

/* What it was given to send. */
static void add_request(struct scene *s, guint64 task, guint32 xid)
{
	guint64 request = fake_alloc(&s->f, 16);

	fake_u32(&s->f, request + XID_AT, GUINT32_TO_BE(xid));
	fake_u64(&s->f, task + REQUEST_AT, request);
}

static gboolean take_snapshot(struct scene *s)
{
	g_array_set_size(s->requests, 0);
	return view_rpc_snapshot(&s->f.g, s->requests);
}

static const struct request_facts *call_at(const struct scene *s, guint i)
{
	g_assert_cmpuint(i, <, s->requests->len);
	return &g_array_index(s->requests, struct request_facts, i);
}

static gint64 in_flight(const struct scene *s)
{
	struct sample sample;

	memset(&sample, 0xff, sizeof(sample)); /* SAMPLE_UNKNOWN */
	view_rpc_sample(&s->f.g, &sample);
	return sample.rpc_in_flight;
}

static void test_calls(void)
{
	/* It was sent when a reply is due and nothing is left to transmit. */
	static const struct {
		guint64 state;
		gboolean on_wire;
	} states[] = {
		{ ACTIVE, FALSE },
		{ ACTIVE | NEED_XMIT, FALSE },
		{ ACTIVE | NEED_XMIT | NEED_RECV, FALSE },
		{ ACTIVE | NEED_RECV, TRUE },
	};
	g_auto(scene) s = { 0 };
	guint64 client;

	scene_init(&s);
	add_client(&s); /* one that has nothing to do */
	client = add_client(&s);
	for (guint i = 0; i < G_N_ELEMENTS(states); i++)
		add_request(&s, add_task(&s, client, states[i].state), 0xa0b0c000 + i);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.requests->len, ==, G_N_ELEMENTS(states));
	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autofree char *name = g_strdup_printf("nfs xid 0xa0b0c00%u", i);

		g_assert_cmpstr(call_at(&s, i)->name, ==, name);
		g_assert_cmpstr(call_at(&s, i)->op, ==, "WRITE");
		g_assert_cmpint(call_at(&s, i)->on_wire, ==, states[i].on_wire);
		g_assert_cmpint(call_at(&s, i)->age_ms, ==, -1);
		g_assert_false(call_at(&s, i)->local);
	}
	g_assert_cmpint(in_flight(&s), ==, G_N_ELEMENTS(states));
	add_task(&s, add_client(&s), ACTIVE);
	g_assert_cmpint(in_flight(&s), ==, G_N_ELEMENTS(states) + 1);
}

/* A call that waits for a slot has no request yet; what has no name is a call all the same. */
static void test_calls_without(void)
{
	g_auto(scene) s = { 0 };
	guint64 client, early, nameless, wild;

	scene_init(&s);
	client = add_client(&s);
	early = add_task(&s, client, ACTIVE);
	nameless = add_task(&s, client, ACTIVE);
	wild = add_task(&s, client, ACTIVE);
	fake_u64(&s.f, nameless + PROC_AT, 0);
	fake_u64(&s.f, wild + PROC_AT, FAKE_WILD);
	fake_u64(&s.f, wild + REQUEST_AT, FAKE_WILD);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.requests->len, ==, 3);
	g_assert_cmphex(call_at(&s, 0)->address, ==, early);
	g_assert_cmpstr(call_at(&s, 0)->name, ==, "nfs xid 0x00000000");
	g_assert_null(call_at(&s, 1)->op);
	g_assert_null(call_at(&s, 2)->op);
}

/* More than can be told apart, then more than can be counted: no error, and no end of it. */
static void test_many(void)
{
	g_auto(scene) s = { 0 };
	guint64 first, second;

	scene_init(&s);
	first = add_client(&s);
	second = add_client(&s);
	for (guint i = 0; i < LISTED_MAX; i++)
		add_task(&s, first, ACTIVE);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.requests->len, ==, LISTED_MAX);
	add_task(&s, second, ACTIVE);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.requests->len, ==, LISTED_MAX);
	g_assert_cmpint(in_flight(&s), ==, LISTED_MAX + 1);
	while (in_flight(&s) < COUNTED_MAX)
		for (guint i = 0; i < LISTED_MAX; i++)
			add_task(&s, second, ACTIVE);
	for (guint i = 0; i < LISTED_MAX; i++)
		add_task(&s, first, ACTIVE);
	g_assert_cmpint(in_flight(&s), ==, COUNTED_MAX);
	g_assert_true(take_snapshot(&s));
	g_assert_cmpuint(s.requests->len, ==, LISTED_MAX);
}

static void is_damaged(struct scene *s)
{
	g_assert_false(take_snapshot(s));
	g_assert_cmpuint(s->requests->len, <=, LISTED_MAX);
	g_assert_cmpint(in_flight(s), ==, SAMPLE_UNKNOWN);
}

static void test_damaged(void)
{
	g_auto(scene) s = { 0 };
	guint64 client, task, last;

	scene_init(&s);
	client = add_client(&s);
	task = add_task(&s, client, ACTIVE);
	last = add_task(&s, client, ACTIVE);
	fake_u64(&s.f, last + TASK_AT, FAKE_WILD);
	is_damaged(&s);
	fake_u64(&s.f, last + TASK_AT, 3);
	is_damaged(&s);
	fake_u64(&s.f, last + TASK_AT, task + TASK_AT); /* a ring without its head */
	is_damaged(&s);
	fake_u64(&s.f, last + TASK_AT, client + TASKS_AT);
	g_assert_true(take_snapshot(&s));

	fake_u64(&s.f, client + CLIENT_AT, client + CLIENT_AT);
	is_damaged(&s);
	fake_u64(&s.f, client + CLIENT_AT, FAKE_WILD);
	is_damaged(&s);
	fake_u64(&s.f, s.generic + 8 * NET_ID, FAKE_WILD);
	is_damaged(&s);
}

static void has_nothing(struct scene *s)
{
	g_assert_true(take_snapshot(s));
	g_assert_cmpuint(s->requests->len, ==, 0);
	g_assert_cmpint(in_flight(s), ==, 0);
}

/* There is none, it has not been set up, or its module is not loaded. */
static void test_no_sunrpc(void)
{
	g_auto(fake_guest) none = { 0 };
	g_auto(scene) s = { 0 };
	g_autoptr(GArray) requests = g_array_new(FALSE, TRUE, sizeof(struct request_facts));

	scene_init(&s);
	add_task(&s, add_client(&s), ACTIVE);
	s.f.g.at.lacks_rpc = "rpc_clnt.cl_tasks";
	has_nothing(&s);
	s.f.g.at.lacks_rpc = NULL;
	fake_u32(&s.f, s.id, 0);
	has_nothing(&s);
	fake_u32(&s.f, s.id, NET_ID);
	fake_u64(&s.f, s.generic + 8 * NET_ID, 0);
	has_nothing(&s);

	fake_guest_init(&none);
	none.g.at.lacks_rpc = NULL;
	g_assert_true(view_rpc_snapshot(&none.g, requests));
	g_assert_cmpuint(requests->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-rpc/calls", test_calls);
	g_test_add_func("/view-rpc/calls-without", test_calls_without);
	g_test_add_func("/view-rpc/many", test_many);
	g_test_add_func("/view-rpc/damaged", test_damaged);
	g_test_add_func("/view-rpc/no-sunrpc", test_no_sunrpc);
	return g_test_run();
}
