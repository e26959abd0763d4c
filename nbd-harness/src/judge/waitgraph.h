/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wait graph: who waits for what, held by whom; and the knot in it.
 *
 * Nodes are tasks, pseudo-nodes (MEMORY, IO, NETWORK, PEER, ...) and objects
 * that tasks wait for (a disabled NAPI, a work item, a completion, a pool of
 * tags or elements).  A node is *free* when it can move by itself, or through
 * what it waits for: an ALL node when all its targets are free (a mutex: its
 * owner), an ANY node when one is (memory: any reclaimer).  The largest set in
 * which nobody is free is found by assuming that every waiter is stuck and
 * letting freedom spread; what remains waits only for itself.  Its bottom
 * (strongly connected, nothing leaves it) is the knot.  Visiting a node twice
 * is not a cycle here: with ANY waits a cycle is not yet a deadlock.
 *
 * Ignorance frees: a wait that we cannot explain counts as free, so a knot is
 * never made of it.  An object of which nobody is known to be in charge (a
 * completion, a folio that no request carries) is an *orphan*: it is free as
 * long as anybody at all can move who might be.  When every one of them is
 * stuck or idle, its waiters wait for NOBODY: a lost wakeup, a lost I/O.
 */
#ifndef NETSWAP_JUDGE_WAITGRAPH_H
#define NETSWAP_JUDGE_WAITGRAPH_H

#include "judge/facts.h"
#include "judge/waits.h"

enum node_kind {
	NODE_TASK,
	NODE_MEMORY,	 /* ANY: each task in reclaim */
	NODE_IO,	 /* ANY: the network if requests are in flight; each task submitting I/O */
	NODE_NETWORK,	 /* ALL: the peer, each disabled NAPI, memory for receiving */
	NODE_PEER,	 /* the server */
	NODE_DISK,	 /* block devices that no network is needed for: always free */
	NODE_NOBODY,	 /* what orphans wait for: stuck */
	NODE_NAPI,	 /* ALL: the task that disabled it */
	NODE_WORK,	 /* a work item that somebody flushes; ALL: its worker; ANY: those that must
			  * end before it may begin */
	NODE_COMPLETION, /* nobody is known who completes it */
	NODE_TAGS,	 /* ANY: I/O, each task submitting some; else each that holds some */
	NODE_MEMPOOL,	 /* the same */
	NODE_SOCKET,	 /* what came in for a locked socket; ALL: who has locked it */
	NODE_CONNECTION, /* to the server, lost; ANY: who brings it back */
	NODE_FOLIO,	 /* under writeback, in no request: ANY: each task submitting a write */
	NODE_KINDS,
};

/* "task", "memory", "napi", ... */
const char *node_kind_name(enum node_kind kind);

/* Any of many could bring what it stands for. */
gboolean node_kind_is_common_good(enum node_kind kind);

enum node_mode { NODE_ALL, NODE_ANY };

struct wait_node {
	enum node_kind kind;
	enum node_mode mode;
	char *label;	/* "kworker/1:2:46 [refill_work]", "MEMORY", "NAPI eth0 (virtnet_poll)" */
	guint64 object; /* address of what it is; 0: a pseudo-node */
	gint task;	/* NODE_TASK: index into snapshot->tasks, else -1 */
	struct wait_facts wait; /* NODE_TASK; of an object without a name, the waiter it goes by */
	gboolean orphan;	/* nobody is known to be in charge of it */
	char *unread;		/* of an orphan: what would tell, and could not be read; or NULL */
	gboolean stuck;
	gboolean knot; /* in the bottom of the stuck set */
};

struct wait_edge {
	guint from, to; /* indices of nodes */
	char *held;	/* what it waits for: "mutex nbd0 socket 0 tx_lock", "memory", ... */
	char *evidence; /* where that was read: function, lock address */
	gboolean holds; /* @to has some of what @from stands for, and others wait for */
};

struct waitgraph {
	GArray *nodes; /* of struct wait_node */
	GArray *edges; /* of struct wait_edge */
	guint knot_size;
	gboolean peer_stuck; /* all comes down to a server that does not act */
};

/* What the judge knows beyond the snapshot. */
struct waitgraph_hints {
	/* The sockets' retransmit timers have fired twice in vain since the last progress.
	 * That alone says little: they may have fired while the receive ring was empty and now
	 * be backing off for seconds, with the ring long full again.  Only with an empty ring, or
	 * with arrivals lost, it means that what the peer sends does not get in. */
	gboolean receive_in_vain;
	/* With memory below min, packets came in and were lost between ring and socket, while
	 * nothing of what was sent became acknowledged: there was no memory for their skbs. */
	gboolean arrivals_lost;
	/* The same, for want of room within tcp_mem: TCP counts what it refuses. */
	gboolean arrivals_refused;
	/* Since the last progress packets in reserve memory were refused by sockets that have no
	 * right to it, and one of these sockets sent its SYN again twice in vain. */
	gboolean connect_in_vain;
};

struct waitgraph *waitgraph_build(const struct snapshot *s, const struct waitgraph_hints *hints);
void waitgraph_free(struct waitgraph *g);
DEFINE_SCOPED(waitgraph, waitgraph_free)

/* A knot with at least one task in it, not due to the peer. */
gboolean waitgraph_has_knot(const struct waitgraph *g);

/*
 * Do two graphs show the same knot: same members and edges, and (except for
 * those that wake by timer) no member's switch count moved between @a and @b?
 */
gboolean waitgraph_same_knot(const struct waitgraph *g, const struct snapshot *a,
			     const struct waitgraph *h, const struct snapshot *b);

/*
 * The knot's signature: who holds what in it, without names of CPUs, addresses
 * or pids.  Holders that merely wait for the network to take their data are
 * left out (they are where the knot shows, not where it begins) unless there
 * is nobody else.  Caller frees.
 */
char *waitgraph_signature(const struct waitgraph *g);

#endif
