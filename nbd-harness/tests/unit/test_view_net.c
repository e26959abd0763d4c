// SPDX-License-Identifier: GPL-2.0-only
/* Receive rings, by driver: buffers that the device may fill, packets that found no memory. */
#include "guest/view_net.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define NAPI_AT	   64 /* in an adapter */
#define RING_AT	   8
#define COUNT_AT   0
#define USE_AT	   4
#define CLEAN_AT   8
#define DROPPED_AT 56 /* in a device */
#define FAILED_AT  112
#define CP_ENTRIES 4 /* of 16 bytes */

struct scene {
	fake_guest f;
	guint64 device, adapter, ring;
};

/* One device with one NAPI, polled by @poll. */
static void scene_init(struct scene *s, const char *poll)
{
	fake_guest *f = &s->f;
	struct layout *at = &f->g.at;
	guint64 net;

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
	at->cp_napi = at->vmx_napi = NAPI_AT;
	at->cp_ring = RING_AT;
	at->cp_status = 0;
	at->cp_desc_bytes = 16;
	at->cp_skbs_bytes = 8 * CP_ENTRIES;
	at->netdev_rx_dropped = DROPPED_AT;
	at->vmx_ring = 0;
	at->vmx_size = COUNT_AT;
	at->vmx_fill = USE_AT;
	at->vmx_done = CLEAN_AT;
	at->vmx_failed = FAILED_AT;

	net = fake_alloc(f, 16);
	s->device = fake_alloc(f, 64);
	s->adapter = fake_alloc(f, 128);
	s->ring = fake_alloc(f, 16 * CP_ENTRIES);
	fake_symbol(f, "init_net", 'd', net);
	fake_list_init(f, net);
	fake_list_add_tail(f, s->device, net);
	fake_write(f, s->device + 32, "eth0", 5);
	fake_list_init(f, s->device + 16);
	fake_list_add_tail(f, s->adapter + NAPI_AT, s->device + 16);
	fake_u64(f, s->adapter + NAPI_AT + 24, fake_function(f, poll));
	fake_u64(f, s->adapter + RING_AT, s->ring);
	fake_u64(f, s->device + DROPPED_AT, 7);
	for (guint i = 0; i < CP_ENTRIES; i++)
		fake_u32(f, s->ring + 16 * i, 1u << 31);
}

static void scene_clear(struct scene *s)
{
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static struct napi_facts see(struct scene *s)
{
	g_autoptr(GArray) napis = g_array_new(FALSE, TRUE, sizeof(struct napi_facts));

	g_assert_true(view_net_snapshot(&s->f.g, napis));
	g_assert_cmpuint(napis->len, ==, 1);
	return g_array_index(napis, struct napi_facts, 0);
}

static gint posted(struct scene *s, guint count, guint use, guint clean)
{
	fake_u32(&s->f, s->ring + COUNT_AT, count);
	fake_u32(&s->f, s->ring + USE_AT, use);
	fake_u32(&s->f, s->ring + CLEAN_AT, clean);
	return see(s).rx_posted;
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

/* 8139cp: what the card owns, and the device's own count of drops. */
static void test_8139cp(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s, "cp_rx_poll");
	g_assert_cmpint(see(&s).rx_posted, ==, CP_ENTRIES);
	g_assert_cmpint(see(&s).rx_dropped, ==, 7);
	fake_u32(&s.f, s.ring + 16, 0x7fffffff);
	fake_u32(&s.f, s.ring + 32, 0);
	g_assert_cmpint(see(&s).rx_posted, ==, CP_ENTRIES - 2);
	fake_u64(&s.f, s.device + DROPPED_AT, G_MAXUINT64);
	g_assert_cmpint(see(&s).rx_dropped, ==, -1);
	/* No ring looks like these. */
	fake_u64(&s.f, s.adapter + RING_AT, FAKE_WILD);
	g_assert_cmpint(see(&s).rx_posted, ==, -1);
	fake_u64(&s.f, s.adapter + RING_AT, 8);
	g_assert_cmpint(see(&s).rx_posted, ==, -1);
	fake_u64(&s.f, s.adapter + RING_AT, s.ring);
	s.f.g.at.cp_skbs_bytes = 8u << 20;
	g_assert_cmpint(see(&s).rx_posted, ==, -1);
	s.f.g.at.cp_skbs_bytes = 0;
	g_assert_cmpint(see(&s).rx_posted, ==, -1);
	s.f.g.at.cp_skbs_bytes = 8 * CP_ENTRIES;
	s.f.g.at.netdev_rx_dropped = s.f.g.at.cp_status = LAYOUT_NONE;
	g_assert_cmpint(see(&s).rx_posted, ==, -1);
	g_assert_cmpint(see(&s).rx_dropped, ==, -1);
}

static gint vmxnet3_posted(struct scene *s, guint size, guint fill, guint done)
{
	fake_u32(&s->f, s->adapter + COUNT_AT, size);
	fake_u32(&s->f, s->adapter + USE_AT, fill);
	fake_u32(&s->f, s->adapter + CLEAN_AT, done);
	return see(s).rx_posted;
}

/* vmxnet3: the ring lies in the queue itself, as the NAPI does. */
static void test_vmxnet3(void)
{
	static const char *const polls[] = { "vmxnet3_poll", "vmxnet3_poll_rx_only" };

	for (guint i = 0; i < G_N_ELEMENTS(polls); i++) {
		g_auto(scene) s = { 0 };

		scene_init(&s, polls[i]);
		fake_u64(&s.f, s.adapter + FAILED_AT, 5);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 255, 0), ==, 255);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 9, 10), ==, 255);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 12, 10), ==, 2);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 10, 10), ==, 0);
		g_assert_cmpint(see(&s).rx_dropped, ==, 5);
		/* No ring looks like these. */
		g_assert_cmpint(vmxnet3_posted(&s, 0, 0, 0), ==, -1);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 256, 0), ==, -1);
		g_assert_cmpint(vmxnet3_posted(&s, 256, 0, 256), ==, -1);
		g_assert_cmpint(vmxnet3_posted(&s, 1u << 20, 1, 0), ==, -1);
		fake_u64(&s.f, s.adapter + FAILED_AT, G_MAXUINT64);
		g_assert_cmpint(see(&s).rx_dropped, ==, -1);
		s.f.g.at.vmx_failed = s.f.g.at.vmx_done = LAYOUT_NONE;
		g_assert_cmpint(vmxnet3_posted(&s, 256, 12, 10), ==, -1);
	}
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
	g_test_add_func("/view-net/8139cp", test_8139cp);
	g_test_add_func("/view-net/vmxnet3", test_vmxnet3);
	g_test_add_func("/view-net/other-driver", test_other_driver);
	return g_test_run();
}
