// SPDX-License-Identifier: GPL-2.0-only
/* Receive rings: how many buffers the device may fill, by driver. */
#include "guest/view_net.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define NAPI_AT	 64 /* in an adapter */
#define RING_AT	 8
#define COUNT_AT 0
#define USE_AT	 4
#define CLEAN_AT 8

struct scene {
	fake_guest f;
	guint64 adapter, ring;
};

/* One device with one NAPI, polled by @poll. */
static void scene_init(struct scene *s, const char *poll)
{
	fake_guest *f = &s->f;
	struct layout *at = &f->g.at;
	guint64 net, device;

	fake_guest_init(f);
	at->net_devices = 0;
	at->netdev_list = 0;
	at->netdev_napi = 16;
	at->netdev_name = 32;
	at->napi_list = 0;
	at->napi_state = 16;
	at->napi_poll = 24;
	at->napi_sched = 0;
	at->napi_npsvc = 1;
	at->e1000e_napi = at->e1000_napi = NAPI_AT;
	at->e1000e_ring = at->e1000_ring = RING_AT;
	at->e1000e_count = at->e1000_count = COUNT_AT;
	at->e1000e_use = at->e1000_use = USE_AT;
	at->e1000e_clean = at->e1000_clean = CLEAN_AT;

	net = fake_alloc(f, 16);
	device = fake_alloc(f, 64);
	s->adapter = fake_alloc(f, 128);
	s->ring = fake_alloc(f, 16);
	fake_symbol(f, "init_net", 'd', net);
	fake_list_init(f, net);
	fake_list_add_tail(f, device, net);
	fake_write(f, device + 32, "eth0", 5);
	fake_list_init(f, device + 16);
	fake_list_add_tail(f, s->adapter + NAPI_AT, device + 16);
	fake_u64(f, s->adapter + NAPI_AT + 24, fake_function(f, poll));
	fake_u64(f, s->adapter + RING_AT, s->ring);
}

static void scene_clear(struct scene *s)
{
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static gint posted(struct scene *s, guint count, guint use, guint clean)
{
	g_autoptr(GArray) napis = g_array_new(FALSE, TRUE, sizeof(struct napi_facts));

	fake_u32(&s->f, s->ring + COUNT_AT, count);
	fake_u32(&s->f, s->ring + USE_AT, use);
	fake_u32(&s->f, s->ring + CLEAN_AT, clean);
	g_assert_true(view_net_snapshot(&s->f.g, napis));
	g_assert_cmpuint(napis->len, ==, 1);
	return g_array_index(napis, struct napi_facts, 0).rx_posted;
}

/* The tail is that of the last buffer. */
static void test_e1000(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s, "e1000_clean");
	g_assert_cmpint(posted(&s, 256, 10, 11), ==, 254);
	g_assert_cmpint(posted(&s, 256, 17, 10), ==, 6);
	g_assert_cmpint(posted(&s, 256, 11, 10), ==, 0);
	g_assert_cmpint(posted(&s, 256, 10, 10), ==, 0);
	/* No ring looks like these. */
	g_assert_cmpint(posted(&s, 0, 0, 0), ==, -1);
	g_assert_cmpint(posted(&s, 256, 256, 0), ==, -1);
	g_assert_cmpint(posted(&s, 1u << 20, 1, 0), ==, -1);
	fake_u64(&s.f, s.adapter + RING_AT, 8);
	g_assert_cmpint(posted(&s, 256, 17, 10), ==, -1);
}

/* The tail is written when the 16th, 32nd, ... is filled, before it is counted. */
static void test_e1000e(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s, "e1000e_poll");
	g_assert_cmpint(posted(&s, 256, 65, 66), ==, 254);
	g_assert_cmpint(posted(&s, 256, 70, 60), ==, 4);
	g_assert_cmpint(posted(&s, 256, 80, 64), ==, 0);
	g_assert_cmpint(posted(&s, 256, 80, 63), ==, 1);
	g_assert_cmpint(posted(&s, 256, 0, 250), ==, 0);
	g_assert_cmpint(posted(&s, 256, 1, 250), ==, 6);
	s.f.g.at.e1000e_napi = LAYOUT_NONE;
	g_assert_cmpint(posted(&s, 256, 64, 65), ==, -1);
}

static void test_other_driver(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s, "mystery_poll");
	g_assert_cmpint(posted(&s, 256, 64, 65), ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-net/e1000", test_e1000);
	g_test_add_func("/view-net/e1000e", test_e1000e);
	g_test_add_func("/view-net/other-driver", test_other_driver);
	return g_test_run();
}
