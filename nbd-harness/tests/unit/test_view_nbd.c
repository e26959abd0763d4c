// SPDX-License-Identifier: GPL-2.0-only
/* Whether an NBD request was sent, and whether over a connection that is dead by now. */
#include "guest/view_nbd.h"

#include "fake_guest.h"

/* Layouts of the test's own, in bytes. */
#define REQUEST_BYTES 64
#define CMD_DEVICE    0
#define CMD_INDEX     8
#define CMD_FLAGS     16
#define DEVICE_CONFIG 8
#define CONFIG_SOCKS  0
#define CONFIG_COUNT  8
#define SOCK_DEAD     4
#define SENT	      (1 << 2)

struct scene {
	fake_guest f;
	struct view_socket *sockets;
	struct view_nbd *nbd;
	guint64 ops, request, device, config, socks, sock[2];
};

static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;

	fake_guest_init(f);
	f->g.at.request_struct_bytes = REQUEST_BYTES;
	f->g.at.nbd_cmd_device = CMD_DEVICE;
	f->g.at.nbd_cmd_index = CMD_INDEX;
	f->g.at.nbd_cmd_flags = CMD_FLAGS;
	f->g.at.nbd_pid = 0;
	f->g.at.nbd_config = DEVICE_CONFIG;
	f->g.at.nbd_config_socks = CONFIG_SOCKS;
	f->g.at.nbd_config_connections = CONFIG_COUNT;
	f->g.at.nbd_sock_dead = SOCK_DEAD;
	s->ops = fake_alloc(f, 8);
	fake_symbol(f, "nbd_mq_ops", 'd', s->ops);
	s->sockets = view_socket_new(&f->g);
	s->nbd = view_nbd_new(&f->g, s->sockets);
	s->request = fake_alloc(f, REQUEST_BYTES + 64);
	s->device = fake_alloc(f, 64);
	s->config = fake_alloc(f, 64);
	s->socks = fake_alloc(f, 16);
	for (guint i = 0; i < G_N_ELEMENTS(s->sock); i++) {
		s->sock[i] = fake_alloc(f, 16);
		fake_u64(f, s->socks + i * 8, s->sock[i]);
	}
	fake_u64(f, s->request + REQUEST_BYTES + CMD_DEVICE, s->device);
	fake_u32(f, s->request + REQUEST_BYTES + CMD_INDEX, 1);
	fake_u64(f, s->request + REQUEST_BYTES + CMD_FLAGS, SENT);
	fake_u64(f, s->device + DEVICE_CONFIG, s->config);
	fake_u64(f, s->config + CONFIG_SOCKS, s->socks);
	fake_u32(f, s->config + CONFIG_COUNT, 2);
}

static void scene_clear(struct scene *s)
{
	view_nbd_free(s->nbd);
	view_socket_free(s->sockets);
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static void set_dead(struct scene *s, guint i, guint8 dead)
{
	fake_write(&s->f, s->sock[i] + SOCK_DEAD, &dead, 1);
}

static struct request_facts facts_of(struct scene *s, guint64 ops)
{
	struct request_facts facts = { 0 };

	view_nbd_request(s->nbd, ops, s->request, 0, 0, &facts);
	return facts;
}

static void test_lost(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	g_assert_true(facts_of(&s, s.ops).on_wire);
	g_assert_false(facts_of(&s, s.ops).lost);
	set_dead(&s, 0, 1); /* another one's */
	g_assert_false(facts_of(&s, s.ops).lost);
	set_dead(&s, 1, 1);
	g_assert_true(facts_of(&s, s.ops).lost);

	/* It waits to be sent: over whichever connection there is then. */
	fake_u64(&s.f, s.request + REQUEST_BYTES + CMD_FLAGS, 0);
	g_assert_true(facts_of(&s, s.ops).unsent);
	g_assert_false(facts_of(&s, s.ops).lost);
}

/* What cannot be read accuses nobody. */
static void test_damage(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	set_dead(&s, 1, 1);
	g_assert_false(facts_of(&s, s.ops + 8).lost); /* another driver's */
	fake_u32(&s.f, s.config + CONFIG_COUNT, 1);
	g_assert_false(facts_of(&s, s.ops).lost);
	fake_u32(&s.f, s.config + CONFIG_COUNT, 2);
	set_dead(&s, 1, 7);
	g_assert_false(facts_of(&s, s.ops).lost);
	set_dead(&s, 1, 1);
	fake_u64(&s.f, s.device + DEVICE_CONFIG, 0);
	g_assert_false(facts_of(&s, s.ops).lost);
	fake_u64(&s.f, s.device + DEVICE_CONFIG, s.config);
	s.f.g.at.nbd_sock_dead = LAYOUT_NONE;
	g_assert_true(facts_of(&s, s.ops).on_wire);
	g_assert_false(facts_of(&s, s.ops).lost);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-nbd/lost", test_lost);
	g_test_add_func("/view-nbd/damage", test_damage);
	return g_test_run();
}
