// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of one socket: sock -> queue and backlog, tcp_sock -> sequence numbers,
 * inet_connection_sock -> the retransmit timer.
 *
 * Of all: tcp_hashinfo.ehash[] -> sock, of which those count that have
 * SOCK_MEMALLOC.  NBD, sunrpc, nvme-tcp and iscsi_tcp set it, and nobody else does;
 * a kernel that has been made not to (knob sock) has none here.  A connection that
 * user space makes for NBD has not got it yet: it is seen as it sends its SYN.
 */
#include "guest/view_socket.h"

#define BUCKETS_MAX	65536
#define CHAIN_MAX	64
#define BUCKETS_AT_ONCE 512
#define PORT_NFS	2049
#define PORT_NVME	4420
#define SOCKETS_MAX	256 /* transports have some ten */
/* Of include/net/tcp_states.h; the last two are no struct sock, but what is left of one, or
 * becomes one. */
#define SYN_SENT     2
#define TIME_WAIT    6
#define NEW_SYN_RECV 12

/* What the retransmit timer of a socket looked like last time. */
struct timer_watch {
	guint64 expires;
	guint32 una;
};

struct view_socket {
	const struct guest *g;
	GHashTable *timers; /* address of sock -> struct timer_watch */
	gint64 timer_fires, connect_fires;
};

struct view_socket *view_socket_new(const struct guest *g)
{
	struct view_socket *v = g_new0(struct view_socket, 1);

	v->g = g;
	v->timers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return v;
}

void view_socket_free(struct view_socket *v)
{
	if (!v)
		return;
	g_hash_table_unref(v->timers);
	g_free(v);
}

static gboolean timer_armed(const struct guest *g, guint64 sk, guint64 *expires)
{
	guint64 pprev;

	return g->at.icsk_retransmit_expires != LAYOUT_NONE &&
	       g->at.icsk_retransmit_pprev != LAYOUT_NONE &&
	       guest_u64(g, sk + g->at.icsk_retransmit_pprev, &pprev) && pprev &&
	       guest_u64(g, sk + g->at.icsk_retransmit_expires, expires);
}

/* Count an expiry that moved on although nothing was acknowledged: the timer fired in vain. */
static void watch_timer(struct view_socket *v, guint64 sk, guint64 expires, guint32 una,
			gint64 *fires)
{
	struct timer_watch *watch = g_hash_table_lookup(v->timers, &sk);

	if (!watch) {
		watch = g_new0(struct timer_watch, 1);
		*watch = (struct timer_watch){ expires, una };
		g_hash_table_insert(v->timers, g_memdup2(&sk, sizeof(sk)), watch);
	}
	if (watch->una == una && watch->expires != expires)
		++*fires;
	*watch = (struct timer_watch){ expires, una };
}

/* What is read for samples and snapshots alike. */
struct reading {
	guint32 wmem, sndbuf, una, nxt;
	gboolean armed; /* the retransmit timer */
	guint64 expires;
};

static gboolean read_socket(const struct guest *g, guint64 sk, struct reading *r)
{
	*r = (struct reading){ 0 };
	if (!guest_u32(g, sk + g->at.sock_wmem_queued, &r->wmem) ||
	    !guest_u32(g, sk + g->at.sock_sndbuf, &r->sndbuf) ||
	    !guest_u32(g, sk + g->at.tcp_snd_una, &r->una) ||
	    !guest_u32(g, sk + g->at.tcp_snd_nxt, &r->nxt))
		return FALSE;
	r->armed = timer_armed(g, sk, &r->expires);
	return TRUE;
}

void view_socket_begin(const struct view_socket *v, struct sample *s)
{
	s->swap_wmem_bytes = s->tcp_unacked_bytes = s->tcp_timer_armed = 0;
	s->tcp_timer_fires = v->timer_fires;
	s->connecting = 0;
	s->connect_fires = v->connect_fires;
}

void view_socket_sample(struct view_socket *v, guint64 sk, struct sample *s)
{
	struct reading r;

	if (!read_socket(v->g, sk, &r))
		return;
	s->swap_wmem_bytes += r.wmem;
	s->tcp_unacked_bytes += r.nxt - r.una;
	s->tcp_timer_armed |= r.armed;
	if (r.armed)
		watch_timer(v, sk, r.expires, r.una, &v->timer_fires);
	s->tcp_timer_fires = v->timer_fires;
}

/* A member that this kernel may lack: 0 then. */
static guint64 optional(const struct guest *g, guint64 base, guint member, gsize bytes)
{
	guint64 value = 0;

	if (member != LAYOUT_NONE)
		guest_read(g, base + member, &value, bytes);
	return value;
}

static gboolean is_memalloc(const struct guest *g, guint64 sk)
{
	return g->at.sock_memalloc >= 0 &&
	       (optional(g, sk, g->at.sock_flags, 8) >> g->at.sock_memalloc) & 1;
}

/* What all TCP sockets have taken, without what CPUs hold in advance, and sysctl net.ipv4.tcp_mem's
 * third number. */
static void see_tcp_mem(const struct guest *g, struct socket_facts *facts)
{
	guint64 taken = symbols_address(g->symbols, "tcp_memory_allocated");
	guint64 limits = symbols_address(g->symbols, "sysctl_tcp_mem");

	if (!taken || !limits || !guest_u64(g, taken, &facts->tcp_mem_pages))
		return;
	/* Below zero while CPUs have given back more than they took from it. */
	if ((gint64)facts->tcp_mem_pages < 0)
		facts->tcp_mem_pages = 0;
	guest_u64(g, limits + 16, &facts->tcp_mem_max_pages);
}

static void name_waits(GArray *tasks, guint64 sk, const char *name)
{
	for (guint i = 0; i < tasks->len; i++) {
		struct task_facts *t = &g_array_index(tasks, struct task_facts, i);

		if (t->on.kind == OBJECT_SOCKET && t->on.address == sk)
			g_strlcpy(t->on.name, name, sizeof(t->on.name));
	}
}

gboolean view_socket_snapshot(struct view_socket *v, guint64 sk, const char *name,
			      struct snapshot *snapshot)
{
	const struct guest *g = v->g;
	struct socket_facts facts = { .address = sk, .timer_in_jiffies = G_MININT64 };
	struct reading r;
	guint64 jiffies;
	guint32 written;

	if (!read_socket(g, sk, &r))
		return FALSE;
	g_strlcpy(facts.name, name, sizeof(facts.name));
	facts.wmem_queued_bytes = r.wmem;
	facts.sndbuf_bytes = r.sndbuf;
	facts.unacked_bytes = r.nxt - r.una;
	facts.snd_una = r.una;
	facts.snd_nxt = r.nxt;
	facts.locked = optional(g, sk, g->at.sock_locked, 4) == 1;
	facts.drained = guest_u32(g, sk + g->at.tcp_write_seq, &written) && written == r.una;
	facts.retransmits = optional(g, sk, g->at.icsk_retransmits, 1);
	see_tcp_mem(g, &facts);
	facts.rmem_bytes = optional(g, sk, g->at.sock_backlog_rmem, 4);
	facts.backlog_bytes = optional(g, sk, g->at.sock_backlog_bytes, 4);
	facts.memalloc = is_memalloc(g, sk);
	if (r.armed && guest_u64(g, symbols_address(g->symbols, "jiffies_64"), &jiffies))
		facts.timer_in_jiffies = (gint64)(r.expires - jiffies);
	g_array_append_val(snapshot->sockets, facts);
	name_waits(snapshot->tasks, sk, name);
	return TRUE;
}

/* --- all of them -------------------------------------------------------- */

struct search {
	struct view_socket *v;
	struct sample *sample;	   /* either ... */
	struct snapshot *snapshot; /* ... or */
	gboolean connecting_only;
	guint found;
};

/* By whose port it leads to; what a signature says must not depend on addresses. */
static void name_socket(const struct guest *g, guint64 sk, guint n, char *name, gsize bytes)
{
	guint16 port = GUINT16_FROM_BE((guint16)optional(g, sk, g->at.sock_dport, 2));

	g_snprintf(name, bytes, "%s socket %u",
		   port == PORT_NFS    ? "nfs"
		   : port == PORT_NVME ? "nvme"
				       : "swap",
		   n);
}

/* Others in the table hold a pointer where a struct sock has its flags. */
static gboolean is_full(const struct guest *g, guint64 sk)
{
	guint64 state = optional(g, sk, g->at.sock_state, 1);

	return state != TIME_WAIT && state != NEW_SYN_RECV;
}

static void see_connecting(struct view_socket *v, guint64 sk, struct sample *s)
{
	struct reading r;

	if (optional(v->g, sk, v->g->at.sock_state, 1) != SYN_SENT || !read_socket(v->g, sk, &r) ||
	    !r.armed)
		return;
	watch_timer(v, sk, r.expires, r.una, &v->connect_fires);
	s->connecting++;
	s->connect_fires = v->connect_fires;
}

/* FALSE: more than there can be. */
static gboolean see(struct search *search, guint64 sk)
{
	const struct guest *g = search->v->g;
	char name[24];

	if (!is_full(g, sk))
		return TRUE;
	if (!is_memalloc(g, sk)) {
		if (search->sample)
			see_connecting(search->v, sk, search->sample);
		return TRUE;
	}
	if (search->connecting_only)
		return TRUE;
	if (search->found == SOCKETS_MAX)
		return FALSE;
	name_socket(g, sk, search->found++, name, sizeof(name));
	if (search->sample)
		view_socket_sample(search->v, sk, search->sample);
	else
		view_socket_snapshot(search->v, sk, name, search->snapshot);
	return TRUE;
}

/* A chain of struct hlist_nulls_node ends with an odd number. */
static gboolean walk_chain(struct search *search, guint64 node)
{
	const struct guest *g = search->v->g;

	for (guint i = 0; i < CHAIN_MAX; i++) {
		if (node & 1 || !node)
			return TRUE;
		if (!guest_is_pointer(node))
			return FALSE;
		if (!see(search, node - g->at.sock_nulls_node) || !guest_u64(g, node, &node))
			return FALSE;
	}
	return FALSE;
}

static gboolean walk_table(struct search *search, guint64 table, guint buckets)
{
	const struct guest *g = search->v->g;
	guint64 heads[BUCKETS_AT_ONCE];
	gboolean complete = TRUE;

	for (guint at = 0; at < buckets; at += BUCKETS_AT_ONCE) {
		guint n = MIN(BUCKETS_AT_ONCE, buckets - at);

		if (!guest_read(g, table + at * 8ull, heads, n * 8))
			return FALSE;
		for (guint i = 0; i < n; i++)
			complete &= walk_chain(search, heads[i]);
	}
	return complete;
}

static gboolean search_table(struct search *search)
{
	const struct guest *g = search->v->g;
	guint64 info = symbols_address(g->symbols, "tcp_hashinfo"), table;
	guint32 mask;

	if (!info || g->at.lacks_sockets || g->at.sock_memalloc < 0 ||
	    !guest_u64(g, info + g->at.hashinfo_table, &table) ||
	    !guest_u32(g, info + g->at.hashinfo_mask, &mask) || mask >= BUCKETS_MAX)
		return FALSE;
	return walk_table(search, table, mask + 1);
}

gboolean view_socket_memalloc(struct view_socket *v, struct sample *s, struct snapshot *snapshot)
{
	struct search search = { .v = v, .sample = s, .snapshot = snapshot };

	return search_table(&search);
}

void view_socket_connecting(struct view_socket *v, struct sample *s)
{
	struct search search = { .v = v, .sample = s, .connecting_only = TRUE };

	search_table(&search);
}
