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

/* virtio_net: the NAPI of a receive queue is embedded in its struct receive_queue. */
static void see_virtio(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	guint64 queue = napi - g->at.rq_napi, vq, dropped;

	if (g->at.rq_napi == LAYOUT_NONE)
		return;
	if (g->at.rq_vq != LAYOUT_NONE && guest_u64(g, queue + g->at.rq_vq, &vq) &&
	    guest_is_pointer(vq))
		facts->rx_posted = posted_in(g, vq);
	if (g->at.rq_drops != LAYOUT_NONE && guest_u64(g, queue + g->at.rq_drops, &dropped) &&
	    dropped <= G_MAXINT64)
		facts->rx_dropped = dropped;
}

/* Where a driver of Intel's keeps its receive ring, from the NAPI embedded in its adapter. */
struct intel_ring {
	guint napi, ring, count, use, clean;
	guint batch; /* the tail is written when a multiple of it was filled, and excludes that one
		      */
};

/* What lies between next_to_clean and the tail, of which the device was told, is posted. */
static void see_intel(const struct guest *g, guint64 napi, const struct intel_ring *at,
		      struct napi_facts *facts)
{
	guint64 ring;
	guint32 count;
	guint16 use, clean;

	if (at->napi == LAYOUT_NONE || at->ring == LAYOUT_NONE || at->count == LAYOUT_NONE ||
	    at->use == LAYOUT_NONE || at->clean == LAYOUT_NONE ||
	    !guest_u64(g, napi - at->napi + at->ring, &ring) || !guest_is_pointer(ring) ||
	    !guest_u32(g, ring + at->count, &count) ||
	    !guest_read(g, ring + at->use, &use, sizeof(use)) ||
	    !guest_read(g, ring + at->clean, &clean, sizeof(clean)) || !count || count > RING_MAX ||
	    use >= count || clean >= count)
		return;

	guint driver_has = (use + count - clean) % count;
	guint untold = (use + count - 1) % at->batch + 1;

	facts->rx_posted = driver_has > untold ? driver_has - untold : 0;
}

/* What becomes of what comes in, where we know the driver. */
static void see_reception(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	const struct layout *at = &g->at;
	/* E1000_RX_BUFFER_WRITE of drivers/net/ethernet/intel/e1000e/e1000.h, as of 5.10 to 7.3 */
	const struct intel_ring e1000e = { at->e1000e_napi, at->e1000e_ring,  at->e1000e_count,
					   at->e1000e_use,  at->e1000e_clean, 16 };
	const struct intel_ring e1000 = { at->e1000_napi, at->e1000_ring,  at->e1000_count,
					  at->e1000_use,  at->e1000_clean, 1 };

	facts->rx_posted = facts->rx_seen = -1;
	facts->rx_dropped = -1;
	if (!g_strcmp0(facts->poll, "virtnet_poll"))
		see_virtio(g, napi, facts);
	else if (!g_strcmp0(facts->poll, "e1000e_poll"))
		see_intel(g, napi, &e1000e, facts);
	else if (!g_strcmp0(facts->poll, "e1000_clean"))
		see_intel(g, napi, &e1000, facts);
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

/* The counter called @mib of init_net, over all CPUs; *@to stays as it is where it can't be read.
 */
static void sample_mib(const struct guest *g, gint64 mib, gint64 *to)
{
	guint64 init_net = symbols_address(g->symbols, "init_net"), percpu;
	guint64 sum = 0;

	if (!init_net || g->at.net_statistics == LAYOUT_NONE || mib < 0 ||
	    !guest_u64(g, init_net + g->at.net_statistics, &percpu))
		return;
	for (guint cpu = 0; cpu < g->cpus; cpu++) {
		guint64 n;

		if (!guest_u64(g, percpu + g->percpu_offset[cpu] + (guint64)mib * 8, &n))
			return;
		sum += n;
	}
	*to = MIN(sum, (guint64)G_MAXINT64);
}

void view_net_sample(const struct guest *g, struct sample *s)
{
	guint64 udp_memory = symbols_address(g->symbols, "udp_memory_allocated");

	if (udp_memory)
		guest_read(g, udp_memory, &s->udp_pages, sizeof(s->udp_pages));
	sample_packets(g, s);
	sample_mib(g, g->at.mib_pfmemalloc_drop, &s->pfmemalloc_drops);
	sample_mib(g, g->at.mib_tcp_mem_drop, &s->tcp_mem_drops);
}
