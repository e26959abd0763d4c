// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct napi_struct -> what the driver embedded it in -> its receive ring.
 *
 * The function that polls tells the driver.  How it does without memory differs:
 *
 *	virtio_net, e1000, e1000e    consume a buffer and post none: the ring empties
 *	virtio_net, 8139cp, vmxnet3  drop what came in, count it, and post its buffer again
 *
 * Limits: with one vector for all queues, vmxnet3 polls them from the first
 * one's context, and only that one's ring is seen.
 */
#include "guest/view_ring.h"

#define RING_MAX       65536
#define CP_ENTRIES_MAX 1024

/* A driver's count of what it had to drop. */
static void count_dropped(const struct guest *g, guint64 address, struct napi_facts *facts)
{
	guint64 dropped;

	if (guest_u64(g, address, &dropped) && dropped <= G_MAXINT64)
		facts->rx_dropped = dropped;
}

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
	guint64 queue = napi - g->at.rq_napi, vq;

	if (g->at.rq_napi == LAYOUT_NONE)
		return;
	if (g->at.rq_vq != LAYOUT_NONE && guest_u64(g, queue + g->at.rq_vq, &vq) &&
	    guest_is_pointer(vq))
		facts->rx_posted = posted_in(g, vq);
	if (g->at.rq_drops != LAYOUT_NONE)
		count_dropped(g, queue + g->at.rq_drops, facts);
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

static void see_e1000(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	const struct intel_ring at = { g->at.e1000_napi, g->at.e1000_ring,  g->at.e1000_count,
				       g->at.e1000_use,	 g->at.e1000_clean, 1 };

	see_intel(g, napi, &at, facts);
}

static void see_e1000e(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	/* E1000_RX_BUFFER_WRITE of drivers/net/ethernet/intel/e1000e/e1000.h, as of 5.10 to 7.3 */
	const struct intel_ring at = { g->at.e1000e_napi, g->at.e1000e_ring,  g->at.e1000e_count,
				       g->at.e1000e_use,  g->at.e1000e_clean, 16 };

	see_intel(g, napi, &at, facts);
}

/*
 * 8139cp: a descriptor that says DescOwn is the card's (drivers/net/ethernet/
 * realtek/8139cp.c, as of 5.10 to 7.3); there is one for each of rx_skb[].
 */
static void see_8139cp(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	const struct layout *at = &g->at;
	guint entries = at->cp_skbs_bytes / 8, posted = 0;
	guint64 ring;

	if (at->cp_napi == LAYOUT_NONE || at->cp_ring == LAYOUT_NONE ||
	    at->cp_status == LAYOUT_NONE || !at->cp_desc_bytes || !entries ||
	    entries > CP_ENTRIES_MAX || !guest_u64(g, napi - at->cp_napi + at->cp_ring, &ring) ||
	    !guest_is_pointer(ring))
		return;
	for (guint i = 0; i < entries; i++) {
		guint32 status;

		if (!guest_u32(g, ring + (guint64)i * at->cp_desc_bytes + at->cp_status, &status))
			return;
		posted += status >> 31;
	}
	facts->rx_posted = posted;
}

/* vmxnet3: next2comp is the last one that came back; one less than all is a full ring. */
static void see_vmxnet3(const struct guest *g, guint64 napi, struct napi_facts *facts)
{
	const struct layout *at = &g->at;
	guint64 queue = napi - at->vmx_napi, ring = queue + at->vmx_ring;
	guint32 size, fill, done;

	if (at->vmx_napi == LAYOUT_NONE)
		return;
	if (at->vmx_failed != LAYOUT_NONE)
		count_dropped(g, queue + at->vmx_failed, facts);
	if (at->vmx_ring == LAYOUT_NONE || at->vmx_size == LAYOUT_NONE ||
	    at->vmx_fill == LAYOUT_NONE || at->vmx_done == LAYOUT_NONE ||
	    !guest_u32(g, ring + at->vmx_size, &size) ||
	    !guest_u32(g, ring + at->vmx_fill, &fill) ||
	    !guest_u32(g, ring + at->vmx_done, &done) || !size || size > RING_MAX || fill >= size ||
	    done >= size)
		return;
	facts->rx_posted = (fill + size - done) % size;
}

void view_ring_see(const struct guest *g, guint64 device, guint64 napi, struct napi_facts *facts)
{
	facts->rx_posted = -1;
	facts->rx_dropped = -1;
	if (!g_strcmp0(facts->poll, "virtnet_poll")) {
		see_virtio(g, napi, facts);
	} else if (!g_strcmp0(facts->poll, "e1000e_poll")) {
		see_e1000e(g, napi, facts);
	} else if (!g_strcmp0(facts->poll, "e1000_clean")) {
		see_e1000(g, napi, facts);
	} else if (!g_strcmp0(facts->poll, "cp_rx_poll")) {
		see_8139cp(g, napi, facts);
		if (g->at.netdev_rx_dropped != LAYOUT_NONE)
			count_dropped(g, device + g->at.netdev_rx_dropped, facts);
	} else if (!g_strcmp0(facts->poll, "vmxnet3_poll") ||
		   !g_strcmp0(facts->poll, "vmxnet3_poll_rx_only")) {
		see_vmxnet3(g, napi, facts);
	}
}
