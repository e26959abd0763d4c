/* SPDX-License-Identifier: GPL-2.0-only */
/* Between drawing the graph (waitgraph_draw.c, waitgraph_network.c, waitgraph_work.c), looking for
 * the knot in it (waitgraph_solve.c) and telling it apart from others (waitgraph.c). */
#ifndef NETSWAP_JUDGE_WAITGRAPH_PRIVATE_H
#define NETSWAP_JUDGE_WAITGRAPH_PRIVATE_H

#include "judge/waitgraph.h"

/* The pseudo-nodes stand first, in this order; then a node per task, in the snapshot's order;
 * then objects. */
enum { MEMORY, IO, NETWORK, PEER, DISK, NOBODY, FIRST_TASK };

static inline struct wait_node *node_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->nodes, struct wait_node, i);
}

static inline struct wait_edge *edge_at(const struct waitgraph *g, guint i)
{
	return &g_array_index(g->edges, struct wait_edge, i);
}

static inline struct task_facts *task_at(const struct snapshot *s, guint i)
{
	return &g_array_index(s->tasks, struct task_facts, i);
}

/* The node of the task whose task_struct is at @address, or -1. */
gint node_of_task(const struct snapshot *s, guint64 address);

/* The node of @object, which is of @kind, or -1. */
gint waitgraph_node_of(const struct waitgraph *g, enum node_kind kind, guint64 object);
/* The connection to the server is lost; who brings it back, if anybody, its node tells. */
gboolean waitgraph_has_connection(const struct waitgraph *g);

/* These take the texts. */
guint waitgraph_add_node(struct waitgraph *g, enum node_kind kind, enum node_mode mode,
			 guint64 object, char *label);
void waitgraph_add_edge(struct waitgraph *g, guint from, guint to, char *held, char *evidence);

/* "completion at 0xffff888000123456", for evidence. */
char *waitgraph_at_address(const char *what, guint64 address);

gboolean waitgraph_has_frame(const struct task_facts *t, const char *function);

/* If @completion is of a flush: what @from, who waits for it, waits for.  FALSE: it is not. */
gboolean waitgraph_add_flush(struct waitgraph *g, const struct snapshot *s, guint from,
			     guint64 completion);

/* What waits for the locked @socket, called @name, waits for its owner, if it is known. */
void waitgraph_add_owner_of_socket(struct waitgraph *g, const struct snapshot *s, guint from,
				   guint64 socket, const char *name);

/*
 * Who waits to send on a socket whose queue is empty does not wait for an ACK,
 * but for pages, or for room within tcp_mem: it looks again now and then
 * (vm_wait of sk_stream_wait_memory()).  There may be an sk_buff in the queue
 * all the same, which got no page for its data.  FALSE: it is not so.
 */
gboolean waitgraph_add_wait_to_queue(struct waitgraph *g, const struct snapshot *s, guint from);

/* What NETWORK waits for. */
void waitgraph_add_network(struct waitgraph *g, const struct snapshot *s,
			   const struct waitgraph_hints *hints);

/* Nodes and edges of @s; nobody is marked stuck yet. */
struct waitgraph *waitgraph_draw(const struct snapshot *s, const struct waitgraph_hints *hints);

/* Mark who is stuck, and of those the knot. */
void waitgraph_solve(struct waitgraph *g, const struct snapshot *s);

#endif
