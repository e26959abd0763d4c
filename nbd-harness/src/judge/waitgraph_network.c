// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to do with the network: who waits for a socket, and what must be
 * there before packets come in.
 *
 *	NETWORK -> the peer
 *	        -> a NAPI that is disabled -> who disabled it
 *	        -> the backlog of a locked socket -> who locked it
 *	        -> MEMORY: to receive into, for the sk_buff, or within tcp_mem
 *
 * While the connection is lost, NETWORK is what brings in the answers to who makes a new one.
 */
#include "judge/waitgraph_private.h"

static const struct holder_facts *owner_of_socket(const struct snapshot *s, guint64 socket)
{
	for (guint i = 0; i < s->holders->len; i++) {
		const struct holder_facts *h = &g_array_index(s->holders, struct holder_facts, i);

		if (h->object == socket && node_of_task(s, h->task) >= 0)
			return h;
	}
	return NULL;
}

void waitgraph_add_owner_of_socket(struct waitgraph *g, const struct snapshot *s, guint from,
				   guint64 socket, const char *name)
{
	const struct holder_facts *h = owner_of_socket(s, socket);

	if (!h)
		return;
	waitgraph_add_edge(g, from, node_of_task(s, h->task), g_strdup_printf("lock of %s", name),
			   g_strdup_printf("sk_lock.owned; the socket is %s 0x%" G_GINT64_MODIFIER
					   "x",
					   h->where ? h->where : "?", h->at));
	edge_at(g, g->edges->len - 1)->holds = TRUE;
}

/* The one socket of the swap device; NULL if there are several, or none. */
static const struct socket_facts *the_socket(const struct snapshot *s)
{
	return s->sockets->len == 1 ? &g_array_index(s->sockets, struct socket_facts, 0) : NULL;
}

gboolean waitgraph_add_wait_to_queue(struct waitgraph *g, const struct snapshot *s, guint from)
{
	const struct socket_facts *socket = the_socket(s);
	gboolean tcp_mem;

	if (!socket || socket->unacked_bytes ||
	    (socket->wmem_queued_bytes &&
	     (!socket->drained || socket->wmem_queued_bytes >= socket->sndbuf_bytes)))
		return FALSE;
	tcp_mem = socket->tcp_mem_max_pages && socket->tcp_mem_pages >= socket->tcp_mem_max_pages;
	node_at(g, from)->wait.timed = TRUE;
	waitgraph_add_edge(
		g, from, MEMORY, g_strdup_printf("%s to send from", tcp_mem ? "tcp_mem" : "memory"),
		g_strdup_printf(
			"nothing queued, nothing unacknowledged; tcp_mem: %" G_GUINT64_FORMAT
			" pages of at most %" G_GUINT64_FORMAT,
			socket->tcp_mem_pages, socket->tcp_mem_max_pages));
	return TRUE;
}

static gint find_disabler(const struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->tasks->len; i++) {
		if (node_at(g, FIRST_TASK + i)->wait.napi_disabler)
			return FIRST_TASK + i;
	}
	return -1;
}

/* Every receive ring that we can read is empty, and there is one. */
static gboolean rings_are_empty(const struct snapshot *s)
{
	gboolean any = FALSE;

	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);

		if (napi->rx_posted > 0)
			return FALSE;
		any |= napi->rx_posted == 0;
	}
	return any;
}

/*
 * What comes in for a socket that its user has locked waits in the backlog
 * until the lock is released, ACKs too.  With several connections the others
 * may go on: then nothing is said.
 */
static void add_backlog(struct waitgraph *g, const struct snapshot *s)
{
	const struct socket_facts *socket = the_socket(s);
	guint at;

	if (!socket || !socket->locked || !socket->backlog_bytes ||
	    !owner_of_socket(s, socket->address))
		return;
	at = waitgraph_add_node(g, NODE_SOCKET, NODE_ALL, socket->address,
				g_strdup_printf("backlog of %s", socket->name));
	waitgraph_add_edge(g, NETWORK, at, g_strdup("what came in to be processed"),
			   g_strdup_printf("%" G_GUINT64_FORMAT " bytes in the backlog",
					   socket->backlog_bytes));
	waitgraph_add_owner_of_socket(g, s, at, socket->address, socket->name);
}

/* Nothing that is under way can be answered over a connection that there is. */
static gboolean only_a_new_connection_helps(const struct waitgraph *g, const struct snapshot *s)
{
	for (guint i = 0; i < s->requests->len; i++) {
		const struct request_facts *r =
			&g_array_index(s->requests, struct request_facts, i);

		if (!r->lost && !r->unsent && !r->local)
			return FALSE;
	}
	return waitgraph_has_connection(g);
}

void waitgraph_add_network(struct waitgraph *g, const struct snapshot *s,
			   const struct waitgraph_hints *hints)
{
	gboolean disabled = FALSE;

	waitgraph_add_edge(g, NETWORK, PEER, g_strdup("the server to act"),
			   g_strdup("second client"));
	for (guint i = 0; i < s->napis->len; i++) {
		const struct napi_facts *napi = &g_array_index(s->napis, struct napi_facts, i);
		gint by = find_disabler(g, s);

		/* Transmit-only contexts may rest disabled; without a known disabler we can't
		 * blame. */
		if (!napi->disabled || by < 0)
			continue;

		guint at = waitgraph_add_node(g, NODE_NAPI, NODE_ALL, 0,
					      g_strdup_printf("NAPI %s (%s)", napi->device,
							      napi->poll ? napi->poll : "?"));

		disabled = TRUE;
		waitgraph_add_edge(g, NETWORK, at, g_strdup("packets to be received"),
				   g_strdup("napi_struct.state: SCHED and NPSVC"));
		waitgraph_add_edge(g, at, by, g_strdup("napi_enable()"),
				   g_strdup_printf("%s on its stack",
						   node_at(g, by)->wait.napi_disabler));
	}
	add_backlog(g, s);
	if (hints->arrivals_refused)
		waitgraph_add_edge(g, NETWORK, MEMORY, g_strdup("tcp_mem to receive into"),
				   g_strdup("TCP refused what came in, since the last progress"));
	if (hints->connect_in_vain && only_a_new_connection_helps(g, s))
		waitgraph_add_edge(
			g, NETWORK, MEMORY, g_strdup("memory outside the reserves to receive into"),
			g_strdup("packets in reserve memory were refused, and a SYN sent "
				 "again twice in vain, since the last progress"));
	if (disabled || !hints->receive_in_vain)
		return;
	if (rings_are_empty(s))
		waitgraph_add_edge(
			g, NETWORK, MEMORY, g_strdup("memory to receive into"),
			g_strdup("receive ring empty, retransmit timer fired twice in vain"));
	else if (hints->arrivals_lost)
		waitgraph_add_edge(
			g, NETWORK, MEMORY, g_strdup("memory for packets"),
			g_strdup("packets lost on arrival, none acknowledged, retransmit timer "
				 "fired twice in vain"));
}
