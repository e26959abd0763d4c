// SPDX-License-Identifier: GPL-2.0-only
/*
 * init_net.dev_base_head -> struct net_device -> napi_list -> struct napi_struct.
 *
 * napi_disable() leaves SCHED and NPSVC set for as long as the context is
 * disabled (net/core/dev.c, 5.10 to 7.3); in polling only SCHED is set.
 */
#include "guest/view_net.h"

#include "guest/view_ring.h"

#define DEVICES_MAX 256
#define NAPIS_MAX   256 /* of one device */

struct walk {
	GArray *napis;
	guint64 device_at;
	char device[17];
};

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
	facts.rx_seen = -1;
	view_ring_see(g, walk->device_at, napi, &facts);
	facts.scheduled = (state >> g->at.napi_sched) & 1;
	facts.disabled = (state & (1ull << g->at.napi_sched)) &&
			 (state & (1ull << g->at.napi_npsvc));
	g_array_append_val(walk->napis, facts);
	return TRUE;
}

static gboolean see_device(const struct guest *g, guint64 device, gpointer data)
{
	struct walk *walk = data;

	walk->device_at = device;
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
