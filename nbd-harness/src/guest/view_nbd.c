// SPDX-License-Identifier: GPL-2.0-only
/*
 * nbd_index_idr -> struct nbd_device -> tag_set.tags[] -> rqs[] -> request,
 *		 -> config->socks[] -> sock->sk.
 *
 * A request is in flight while its state is MQ_RQ_IN_FLIGHT.  rqs[] says which
 * request a tag was last given to, with an I/O scheduler (Debian's) too; an
 * entry that was left behind names a request that no longer has this tag.
 * start_time_ns is on the guest's clock and 0 without iostats, so a request's
 * age is ours: the time since the sample that first saw this (request,
 * start_time_ns).
 *
 * As of 5.10 to 7.3 (drivers/block/nbd.c).
 */
#include "guest/view_nbd.h"

#include "base/error.h"
#include "guest/xarray.h"

#define DEVICES_MAX 64
#define QUEUES_MAX  64
#define TAGS_MAX    1024
#define SOCKETS_MAX 16
#define CMD_SENT    2 /* NBD_CMD_INFLIGHT, a bit of nbd_cmd.flags: nbd_send_cmd() has sent it */

struct seen {
	guint64 start_ns;
	gint64 first_us;
	guint64 round; /* of the last sample that saw it in flight */
};

struct view_nbd {
	const struct guest *g;
	guint64 idr;
	guint64 ops;		     /* nbd_mq_ops; 0: no symbol */
	GHashTable *seen;	     /* address of request -> struct seen */
	struct view_socket *sockets; /* not owned */
	guint64 round;
};

struct view_nbd *view_nbd_new(const struct guest *g, struct view_socket *sockets)
{
	struct view_nbd *v = g_new0(struct view_nbd, 1);

	v->g = g;
	v->seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	v->sockets = sockets;
	v->ops = symbols_address(g->symbols, "nbd_mq_ops");
	if (!g->at.lacks_nbd)
		v->idr = symbols_address(g->symbols, "nbd_index_idr");
	return v;
}

gboolean view_nbd_is_there(const struct view_nbd *v, GError **error)
{
	guint64 idr;

	if (!v->g->at.lacks_nbd)
		return symbols_need(v->g->symbols, "nbd_index_idr", &idr, error);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		    "the guest kernel's BTF has no %s: it has no NBD driver, or its module is not "
		    "loaded",
		    v->g->at.lacks_nbd);
	return FALSE;
}

void view_nbd_free(struct view_nbd *v)
{
	if (!v)
		return;
	g_hash_table_unref(v->seen);
	g_free(v);
}

/* What the callbacks of one pass over the devices share. */
struct pass {
	struct view_nbd *v;
	gint64 host_us;
	struct sample *sample;	   /* either ... */
	struct snapshot *snapshot; /* ... or */
	gboolean complete;
};

static gint64 request_age_us(struct view_nbd *v, guint64 request, guint64 start_ns, gint64 host_us)
{
	struct seen *seen = g_hash_table_lookup(v->seen, &request);

	if (!seen) {
		seen = g_new0(struct seen, 1);
		g_hash_table_insert(v->seen, g_memdup2(&request, sizeof(request)), seen);
	}
	/* Not in flight at the last sample, or started anew since. */
	if (seen->round + 1 < v->round || seen->start_ns != start_ns) {
		seen->start_ns = start_ns;
		seen->first_us = host_us;
	}
	seen->round = v->round;
	return host_us - seen->first_us;
}

static void see_request(struct pass *pass, guint tag, guint64 request)
{
	const struct guest *g = pass->v->g;
	guint64 start_ns;
	guint32 state, has_tag;

	if (!guest_u32(g, request + g->at.request_state, &state) ||
	    (state == g->at.rq_in_flight &&
	     (!guest_u32(g, request + g->at.request_tag, &has_tag) ||
	      !guest_u64(g, request + g->at.request_start_ns, &start_ns)))) {
		pass->complete = FALSE;
		return;
	}
	if (state != g->at.rq_in_flight || has_tag != tag)
		return;

	gint64 age_ms = request_age_us(pass->v, request, start_ns, pass->host_us) / 1000;

	pass->sample->nbd_in_flight++;
	pass->sample->nbd_oldest_ms = MAX(pass->sample->nbd_oldest_ms, age_ms);
}

static void see_requests(struct pass *pass, guint64 device)
{
	const struct guest *g = pass->v->g;
	guint64 set = device + g->at.nbd_tag_set, table;
	guint32 queues;

	if (!guest_u32(g, set + g->at.tag_set_queues, &queues) ||
	    !guest_u64(g, set + g->at.tag_set_tags, &table)) {
		pass->complete = FALSE;
		return;
	}
	for (guint q = 0; q < MIN(queues, QUEUES_MAX); q++) {
		guint64 tags, array, requests[TAGS_MAX];
		guint32 n;

		if (!guest_u64(g, table + q * 8, &tags) || !guest_is_pointer(tags) ||
		    !guest_u32(g, tags + g->at.tags_nr, &n) ||
		    !guest_u64(g, tags + g->at.tags_rqs, &array) ||
		    !guest_read(g, array, requests, MIN(n, TAGS_MAX) * 8)) {
			pass->complete = FALSE;
			continue;
		}
		for (guint tag = 0; tag < MIN(n, TAGS_MAX); tag++) {
			if (requests[tag]) /* was ever used */
				see_request(pass, tag, requests[tag]);
		}
	}
}

/* The connection that it was sent over is dead. */
static gboolean is_lost(const struct guest *g, guint64 cmd)
{
	guint64 device, config, socks, sock;
	guint32 index, connections;
	guint8 dead;

	return g->at.nbd_cmd_device != LAYOUT_NONE && g->at.nbd_cmd_index != LAYOUT_NONE &&
	       g->at.nbd_sock_dead != LAYOUT_NONE &&
	       guest_u64(g, cmd + g->at.nbd_cmd_device, &device) &&
	       guest_u64(g, device + g->at.nbd_config, &config) &&
	       guest_u32(g, config + g->at.nbd_config_connections, &connections) &&
	       guest_u32(g, cmd + g->at.nbd_cmd_index, &index) && index < connections &&
	       guest_u64(g, config + g->at.nbd_config_socks, &socks) &&
	       guest_u64(g, socks + index * 8ull, &sock) &&
	       guest_read(g, sock + g->at.nbd_sock_dead, &dead, sizeof(dead)) && dead == 1;
}

void view_nbd_request(const struct view_nbd *v, guint64 ops, guint64 request, guint64 start_ns,
		      gint64 host_us, struct request_facts *facts)
{
	const struct guest *g = v->g;
	const struct seen *seen = g_hash_table_lookup(v->seen, &request);
	guint64 flags, cmd = request + g->at.request_struct_bytes;

	facts->age_ms = -1;
	if (!v->ops || ops != v->ops)
		return;
	facts->age_ms = v->round ? 0 : -1; /* since the last sample, if there was one */
	if (seen && seen->round == v->round && seen->start_ns == start_ns)
		facts->age_ms = (host_us - seen->first_us) / 1000;
	if (g->at.nbd_cmd_flags == LAYOUT_NONE || g->at.nbd_pid == LAYOUT_NONE ||
	    !guest_u64(g, cmd + g->at.nbd_cmd_flags, &flags))
		return;
	facts->on_wire = (flags & (1u << CMD_SENT)) != 0;
	facts->unsent = !facts->on_wire;
	facts->lost = facts->on_wire && is_lost(g, cmd);
}

static gboolean counts_completed(const struct guest *g)
{
	return g->at.disk_stats_ios != LAYOUT_NONE &&
	       (g->at.bdev_stats != LAYOUT_NONE || g->at.part_stats != LAYOUT_NONE);
}

/* The per-CPU struct disk_stats of all of @disk. */
static gboolean stats_of(const struct guest *g, guint64 disk, guint64 *stats)
{
	guint64 part0 = disk + g->at.disk_part0;

	if (g->at.bdev_stats == LAYOUT_NONE)
		return guest_u64(g, part0 + g->at.part_stats, stats);
	return guest_u64(g, part0, &part0) && guest_u64(g, part0 + g->at.bdev_stats, stats);
}

static void see_completed(struct pass *pass, guint64 device)
{
	const struct guest *g = pass->v->g;
	guint64 disk, stats;

	if (!counts_completed(g) || !guest_u64(g, device + g->at.nbd_disk, &disk) ||
	    !stats_of(g, disk, &stats))
		return;
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint64 ios[2]; /* STAT_READ, STAT_WRITE */

		if (guest_read(g, stats + g->percpu_offset[cpu] + g->at.disk_stats_ios, ios,
			       sizeof(ios)))
			pass->sample->nbd_completed += ios[0] + ios[1];
	}
}

static void name_tx_lock(GArray *tasks, guint64 lock, const char *socket)
{
	for (guint i = 0; i < tasks->len; i++) {
		struct task_facts *t = &g_array_index(tasks, struct task_facts, i);

		if (t->on.address && t->on.address == lock)
			g_snprintf(t->on.name, sizeof(t->on.name), "%s tx_lock", socket);
	}
}

static void see_socket(struct pass *pass, guint index, guint n, guint64 nbd_sock)
{
	const struct guest *g = pass->v->g;
	guint64 socket, sk;
	char name[24];

	if (!guest_u64(g, nbd_sock + g->at.nbd_sock_sock, &socket) || !guest_is_pointer(socket) ||
	    !guest_u64(g, socket + g->at.socket_sk, &sk) || !guest_is_pointer(sk))
		return; /* not connected: nothing to see */
	g_snprintf(name, sizeof(name), "nbd%u socket %u", index, n);
	if (pass->sample)
		view_socket_sample(pass->v->sockets, sk, pass->sample);
	else if (view_socket_snapshot(pass->v->sockets, sk, name, pass->snapshot))
		name_tx_lock(pass->snapshot->tasks, nbd_sock + g->at.nbd_sock_tx_lock, name);
}

static gboolean see_device(const struct guest *g, guint64 index, guint64 device, gpointer data)
{
	struct pass *pass = data;
	guint64 config, socks;
	guint32 connections;

	if (!guest_u64(g, device + g->at.nbd_config, &config)) {
		pass->complete = FALSE;
		return TRUE;
	}
	if (!config) /* exists, but is not connected */
		return TRUE;
	if (pass->sample) {
		see_requests(pass, device);
		see_completed(pass, device);
	}
	if (!guest_u32(g, config + g->at.nbd_config_connections, &connections) ||
	    !guest_u64(g, config + g->at.nbd_config_socks, &socks)) {
		pass->complete = FALSE;
		return TRUE;
	}
	for (guint i = 0; i < MIN(connections, SOCKETS_MAX); i++) {
		guint64 nbd_sock;

		if (guest_u64(g, socks + i * 8, &nbd_sock) && guest_is_pointer(nbd_sock))
			see_socket(pass, index, i, nbd_sock);
	}
	return TRUE;
}

static void see_devices(struct pass *pass)
{
	struct view_nbd *v = pass->v;

	if (!v->idr)
		return;
	if (xarray_walk(v->g, v->idr + v->g->at.idr_head, DEVICES_MAX, see_device, pass) < 0)
		pass->complete = FALSE;
}

void view_nbd_sample(struct view_nbd *v, struct sample *s)
{
	struct pass pass = { .v = v, .host_us = s->host_us, .sample = s, .complete = TRUE };

	s->nbd_in_flight = s->nbd_oldest_ms = s->nbd_completed = 0;
	v->round++;
	see_devices(&pass);
	if (!pass.complete)
		s->nbd_in_flight = s->nbd_oldest_ms = SAMPLE_UNKNOWN;
	if (!counts_completed(v->g))
		s->nbd_completed = SAMPLE_UNKNOWN;
}

gboolean view_nbd_snapshot(struct view_nbd *v, struct snapshot *snapshot)
{
	struct pass pass = { .v = v, .snapshot = snapshot, .complete = TRUE };

	see_devices(&pass);
	return pass.complete;
}
