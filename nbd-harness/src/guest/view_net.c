// SPDX-License-Identifier: GPL-2.0-only
/*
 * init_net.dev_base_head -> struct net_device -> napi_list -> struct napi_struct.
 *
 * napi_disable() leaves SCHED and NPSVC set for as long as the context is
 * disabled (net/core/dev.c, 5.10 to 7.3); in polling only SCHED is set.
 */
#include "guest/view_net.h"

#define RING_MAX    65536
#define DEVICES_MAX 256
#define NAPIS_MAX   256 /* of one device */

struct walk {
	GArray *napis;
	char device[17];
};

/* Receive buffers posted in @vq, a descriptor each (mergeable or small buffers), or -1. */
static gint posted_in(const struct guest *g, guint64 vq)
{
	guint32 num_free, num_max;

	if (g->at.vq_num_free == LAYOUT_NONE || g->at.vq_num_max == LAYOUT_NONE ||
	    !guest_u32(g, vq + g->at.vq_num_free, &num_free) ||
	    !guest_u32(g, vq + g->at.vq_num_max, &num_max) || num_max > RING_MAX ||
	    num_free > num_max)
		return -1;
	return num_max - num_free;
}

/*
 * What becomes of what comes in, where we know the driver: in virtio_net the
 * NAPI of a receive queue is embedded in its struct receive_queue.
 */
static void see_reception(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	guint64 queue = napi - g->at.rq_napi, vq, dropped;

	facts->rx_posted = facts->rx_seen = -1;
	facts->rx_dropped = -1;
	if (g_strcmp0(facts->poll, "virtnet_poll") || g->at.rq_napi == LAYOUT_NONE)
		return;
	if (g->at.rq_vq != LAYOUT_NONE && guest_u64(g, queue + g->at.rq_vq, &vq) &&
	    guest_is_pointer(vq))
		facts->rx_posted = posted_in(g, vq);
	if (g->at.rq_drops != LAYOUT_NONE && guest_u64(g, queue + g->at.rq_drops, &dropped) &&
	    dropped <= G_MAXINT64)
		facts->rx_dropped = dropped;
}

static gboolean see_napi(const struct guest *g, guint64 napi, gpointer data)
{
	struct walk *walk = data;
	struct napi_facts facts = { 0 };
	guint64 state, poll;
	guint offset;

	if (!guest_u64(g, napi + g->at.napi_state, &state) ||
	    !guest_u64(g, napi + g->at.napi_poll, &poll))
		return FALSE;

	const char *function = symbols_function(g->symbols, poll, &offset);

	g_strlcpy(facts.device, walk->device, sizeof(facts.device));
	facts.poll = function ? g_intern_string(function) : NULL;
	see_reception(g, napi, &facts);
	facts.scheduled = (state >> g->at.napi_sched) & 1;
	facts.disabled = (state & (1ull << g->at.napi_sched)) &&
			 (state & (1ull << g->at.napi_npsvc));
	g_array_append_val(walk->napis, facts);
	return TRUE;
}

static gboolean see_device(const struct guest *g, guint64 device, gpointer data)
{
	struct walk *walk = data;

	return guest_read_text(g, device + g->at.netdev_name, walk->device, sizeof(walk->device)) &&
	       guest_list(g, device + g->at.netdev_napi, g->at.napi_list, NAPIS_MAX, see_napi,
			  walk) >= 0;
}

gboolean view_net_snapshot(const struct guest *g, GArray *napis)
{
	struct walk walk = { .napis = napis };
	guint64 init_net = symbols_address(g->symbols, "init_net");

	return init_net && guest_list(g, init_net + g->at.net_devices, g->at.netdev_list,
				      DEVICES_MAX, see_device, &walk) >= 0;
}

static void sample_packets(const struct guest *g, struct sample *s)
{
	guint64 softnet = symbols_address(g->symbols, "softnet_data");
	gint64 sum = 0;

	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint32 n;

		if (!softnet || g->at.softnet_processed == LAYOUT_NONE ||
		    !guest_u32(g, softnet + g->percpu_offset[cpu] + g->at.softnet_processed, &n))
			return;
		sum += n;
	}
	s->packets_in = sum;
}

static void sample_drops(const struct guest *g, struct sample *s)
{
	guint64 init_net = symbols_address(g->symbols, "init_net"), percpu;
	guint64 sum = 0;

	if (!init_net || g->at.net_statistics == LAYOUT_NONE || g->at.mib_pfmemalloc_drop < 0 ||
	    !guest_u64(g, init_net + g->at.net_statistics, &percpu))
		return;
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint64 n;

		if (!guest_u64(g,
			       percpu + g->percpu_offset[cpu] +
				       (guint64)g->at.mib_pfmemalloc_drop * 8,
			       &n))
			return;
		sum += n;
	}
	s->pfmemalloc_drops = MIN(sum, (guint64)G_MAXINT64);
}

void view_net_sample(const struct guest *g, struct sample *s)
{
	guint64 udp_memory = symbols_address(g->symbols, "udp_memory_allocated");

	if (udp_memory)
		guest_read(g, udp_memory, &s->udp_pages, sizeof(s->udp_pages));
	sample_packets(g, s);
	sample_drops(g, s);
}
