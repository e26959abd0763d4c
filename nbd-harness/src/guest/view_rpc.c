// SPDX-License-Identifier: GPL-2.0-only
/*
 * init_net.gen->ptr[sunrpc_net_id] -> sunrpc_net.all_clients -> rpc_clnt.cl_tasks
 *	-> rpc_task -> its procedure's name, and rpc_rqst.rq_xid.
 *
 * A call is a state machine, not a thread: no stack waits for it.  It was sent when
 * it needs to be received and no longer to be transmitted; one that has no reply and was
 * not sent may be waiting for a slot, for the transport's lock, or for room in the socket.
 * Of the folios that a call carries nothing is known.
 *
 * As of 5.10 to 7.3 (include/linux/sunrpc/sched.h, net/sunrpc/netns.h).
 */
#include "guest/view_rpc.h"

#define CLIENTS_MAX 64
/* NFS puts all of a swap-out under way at once, ten thousands of calls: so many are counted, and
 * so many told apart. */
#define COUNTED_MAX 4096
#define LISTED_MAX  256
#define NEED_XMIT   3 /* RPC_TASK_NEED_XMIT, a bit of tk_runstate */
#define NEED_RECV   4

struct pass {
	GArray *requests; /* NULL: only count */
	guint count, max;
};

static const char *procedure_of(const struct guest *g, guint64 task)
{
	guint64 procedure, name;
	char text[24];

	if (!guest_u64(g, task + g->at.rpc_task_proc, &procedure) || !guest_is_pointer(procedure) ||
	    !guest_u64(g, procedure + g->at.rpc_proc_name, &name) || !name ||
	    !guest_read_text(g, name, text, sizeof(text)))
		return NULL;
	return g_intern_string(text);
}

static gboolean see_task(const struct guest *g, guint64 task, gpointer data)
{
	struct pass *pass = data;
	struct request_facts facts = { .address = task, .age_ms = -1 };
	guint64 state, request;
	guint32 xid = 0;

	if (pass->count == pass->max)
		return FALSE;
	pass->count++;
	if (!pass->requests)
		return TRUE;
	if (!guest_u64(g, task + g->at.rpc_task_state, &state) ||
	    !guest_u64(g, task + g->at.rpc_task_rqst, &request))
		return FALSE;
	if (guest_is_pointer(request))
		guest_u32(g, request + g->at.rpc_xid, &xid);
	g_snprintf(facts.name, sizeof(facts.name), "nfs xid 0x%08x", GUINT32_FROM_BE(xid));
	facts.op = procedure_of(g, task);
	facts.on_wire = (state >> NEED_RECV & 1) && !(state >> NEED_XMIT & 1);
	g_array_append_val(pass->requests, facts);
	return TRUE;
}

static gboolean see_client(const struct guest *g, guint64 client, gpointer data)
{
	const struct pass *pass = data;

	return guest_list(g, client + g->at.clnt_tasks, g->at.rpc_task_node, COUNTED_MAX + 1,
			  see_task, data) >= 0 ||
	       pass->count == pass->max;
}

/* The struct sunrpc_net of init_net; 0: there is no sunrpc. */
static guint64 sunrpc_net(const struct guest *g)
{
	guint64 id_at = symbols_address(g->symbols, "sunrpc_net_id");
	guint64 net = symbols_address(g->symbols, "init_net"), generic, found;
	guint32 id;

	if (g->at.lacks_rpc || !id_at || !net || !guest_u32(g, id_at, &id) || !id ||
	    !guest_u64(g, net + g->at.net_gen, &generic) ||
	    !guest_u64(g, generic + id * 8ull, &found))
		return 0;
	return guest_is_pointer(found) ? found : 0;
}

static gboolean see_clients(const struct guest *g, struct pass *pass)
{
	guint64 net = sunrpc_net(g);

	return !net || guest_list(g, net + g->at.sunrpc_clients, g->at.clnt_clients, CLIENTS_MAX,
				  see_client, pass) >= 0;
}

void view_rpc_sample(const struct guest *g, struct sample *s)
{
	struct pass pass = { .max = COUNTED_MAX };

	if (see_clients(g, &pass))
		s->rpc_in_flight = pass.count;
}

gboolean view_rpc_snapshot(const struct guest *g, GArray *requests)
{
	struct pass pass = { .requests = requests, .max = LISTED_MAX };

	return see_clients(g, &pass);
}
