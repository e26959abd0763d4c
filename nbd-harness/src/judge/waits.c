// SPDX-License-Identifier: GPL-2.0-only
#include "judge/waits.h"

#include <string.h>

enum {
	TIMED = 1 << 0,
	OVERRULES = 1 << 1,    /* decides wherever it stands: it says what the wait is for */
	MAY_BE_TIMED = 1 << 2, /* is if schedule_timeout() is further in */
};

/*
 * Function names of 5.10 to 7.3.  Order does not matter; the innermost frame
 * that is listed decides, unless one further out overrules it.  A thread function stands here only
 * for the thread's idle state: when it works, something more specific is further in.
 */
static const struct {
	const char *function;
	enum wait_kind kind;
	int flags;
} table[] = {
	/* nothing to do */
	{ "worker_thread", WAIT_IDLE, 0 },
	{ "rescuer_thread", WAIT_IDLE, 0 },
	{ "smpboot_thread_fn", WAIT_IDLE, 0 },
	{ "kthreadd", WAIT_IDLE, 0 },
	{ "kthread_worker_fn", WAIT_IDLE, 0 },
	{ "kswapd", WAIT_IDLE, 0 },
	{ "kswapd_try_to_sleep", WAIT_IDLE, 0 },
	{ "kcompactd", WAIT_IDLE, 0 },
	{ "khugepaged", WAIT_IDLE, 0 },
	{ "ksm_scan_thread", WAIT_IDLE, 0 },
	{ "oom_reaper", WAIT_IDLE, 0 },
	{ "watchdog", WAIT_IDLE, 0 },
	{ "rcu_gp_kthread", WAIT_IDLE, 0 },
	{ "rcu_gp_fqs_loop", WAIT_IDLE, 0 },
	{ "rcu_tasks_kthread", WAIT_IDLE, 0 },
	{ "rcu_tasks_one_gp", WAIT_IDLE, 0 },
	{ "devtmpfsd", WAIT_IDLE, 0 },
	{ "devtmpfs_work_loop", WAIT_IDLE, 0 },
	{ "kauditd_thread", WAIT_IDLE, 0 },
	{ "nbcon_kthread_func", WAIT_IDLE, 0 }, /* prints to a console */
	{ "scsi_error_handler", WAIT_IDLE, 0 },
	{ "irq_thread", WAIT_IDLE, 0 },
	{ "napi_threaded_poll", WAIT_IDLE, 0 },
	{ "do_wait", WAIT_IDLE, 0 },
	{ "wait_for_vfork_done", WAIT_IDLE, OVERRULES },
	{ "do_nanosleep", WAIT_IDLE, 0 },
	{ "do_sys_poll", WAIT_IDLE, 0 },
	{ "do_poll", WAIT_IDLE, 0 },
	{ "do_select", WAIT_IDLE, 0 },
	{ "ep_poll", WAIT_IDLE, 0 },
	{ "futex_wait", WAIT_IDLE, 0 },
	{ "futex_wait_queue", WAIT_IDLE, 0 },
	{ "futex_do_wait", WAIT_IDLE, 0 },
	{ "futex_wait_queue_me", WAIT_IDLE, 0 },
	{ "pipe_read", WAIT_IDLE, 0 },
	{ "pipe_write", WAIT_IDLE, 0 },
	{ "anon_pipe_read", WAIT_IDLE, 0 },
	{ "do_sigtimedwait", WAIT_IDLE, 0 },
	{ "sigsuspend", WAIT_IDLE, 0 },
	{ "do_signal_stop", WAIT_IDLE, 0 },
	{ "n_tty_read", WAIT_IDLE, 0 },
	{ "nbd_ioctl", WAIT_IDLE, 0 }, /* nbd-client that stays until disconnect */
	{ "nbd_start_device_ioctl", WAIT_IDLE, 0 },

	/* a lock with an owner */
	{ "__mutex_lock", WAIT_MUTEX, 0 },
	{ "__mutex_lock_common", WAIT_MUTEX, 0 },
	{ "__mutex_lock_slowpath", WAIT_MUTEX, 0 },
	{ "__mutex_lock_killable_slowpath", WAIT_MUTEX, 0 },
	{ "__mutex_lock_interruptible_slowpath", WAIT_MUTEX, 0 },
	{ "mutex_lock", WAIT_MUTEX, 0 },
	{ "rwsem_down_read_slowpath", WAIT_RWSEM, 0 },
	{ "rwsem_down_write_slowpath", WAIT_RWSEM, 0 },
	{ "down_read", WAIT_RWSEM, 0 },
	{ "down_read_killable", WAIT_RWSEM, 0 },
	{ "down_write", WAIT_RWSEM, 0 },
	{ "down_write_killable", WAIT_RWSEM, 0 },

	/* memory: freed by anyone who reclaims */
	{ "throttle_direct_reclaim", WAIT_MEMORY, MAY_BE_TIMED }, /* 1 s without __GFP_FS */
	{ "try_to_free_pages", WAIT_MEMORY, 0 },
	{ "reclaim_throttle", WAIT_MEMORY, TIMED },
	{ "congestion_wait", WAIT_MEMORY, TIMED },
	{ "wait_iff_congested", WAIT_MEMORY, TIMED },
	{ "mempool_alloc", WAIT_MEMPOOL, TIMED }, /* looks again every 5 s */
	{ "mempool_alloc_noprof", WAIT_MEMPOOL, TIMED },

	/* an I/O that is under way */
	{ "folio_wait_bit_common", WAIT_IO, 0 },
	{ "folio_wait_bit", WAIT_IO, 0 },
	{ "folio_wait_writeback", WAIT_IO, 0 },
	{ "wait_on_page_bit_common", WAIT_IO, 0 },
	{ "wait_on_page_bit", WAIT_IO, 0 },
	{ "__lock_page_or_retry", WAIT_IO, 0 },
	{ "__folio_lock_or_retry", WAIT_IO, 0 },
	{ "bit_wait_io", WAIT_IO, 0 },
	{ "blk_io_schedule", WAIT_IO, 0 },
	{ "submit_bio_wait", WAIT_IO, 0 },
	{ "rq_qos_wait", WAIT_IO, 0 },
	{ "blk_mq_get_tag", WAIT_TAG, 0 },
	/* Series swap-fs: for a write to end; kernel threads but kswapd not for long. */
	{ "swap_fs_begin_write", WAIT_TAG, MAY_BE_TIMED },
	{ "swap_fs_prepare_rw", WAIT_TAG, MAY_BE_TIMED }, /* 7.3 */
	{ "swap_write_unplug", WAIT_TAG, MAY_BE_TIMED },

	/* the network */
	{ "sk_stream_wait_memory", WAIT_SEND, 0 },
	{ "sock_alloc_send_pskb", WAIT_SEND, 0 },
	{ "sk_wait_data", WAIT_RECEIVE, 0 },
	{ "__lock_sock", WAIT_SOCKET, 0 },
	{ "__skb_wait_for_more_packets", WAIT_RECEIVE, 0 },
	{ "inet_csk_accept", WAIT_IDLE, 0 },
	{ "rpc_wait_bit_killable", WAIT_RECEIVE, 0 }, /* for a call of its own to end */
	{ "nfs_wait_bit_killable", WAIT_RECEIVE, 0 },
	{ "__inet_stream_connect", WAIT_RECEIVE, 0 },
	/* in wait_for_reconnect(); dead_conn_timeout ends it, but with an I/O error */
	{ "nbd_handle_cmd", WAIT_CONNECTION, 0 },
	{ "nbd_queue_rq", WAIT_CONNECTION, 0 },

	/* somebody else's word */
	{ "wait_for_completion", WAIT_COMPLETION, 0 },
	{ "wait_for_completion_io", WAIT_COMPLETION, 0 },
	{ "wait_for_completion_state", WAIT_COMPLETION, 0 },
	{ "wait_for_completion_killable", WAIT_COMPLETION, 0 },
	{ "__wait_for_common", WAIT_COMPLETION, 0 },
	{ "wait_for_common", WAIT_COMPLETION, 0 },
	{ "wait_for_completion_timeout", WAIT_TIMER, TIMED | OVERRULES },
	{ "wait_for_completion_io_timeout", WAIT_TIMER, TIMED | OVERRULES },
	{ "__kthread_parkme", WAIT_IDLE, OVERRULES },
	{ "__flush_work", WAIT_COMPLETION, 0 },
	{ "__flush_workqueue", WAIT_COMPLETION, 0 },

	/* a nap */
	{ "msleep", WAIT_TIMER, TIMED },
	{ "msleep_interruptible", WAIT_TIMER, TIMED },
	{ "usleep_range_state", WAIT_TIMER, TIMED },
};

static const char *const reclaim_functions[] = { "try_to_free_pages", "shrink_node",
						 "shrink_lruvec",     "balance_pgdat",
						 "shrink_folio_list", "shrink_page_list",
						 "evict_folios",      "shrink_one" };
static const char *const swap_io_functions[] = {
	"swap_writepage",    "__swap_writepage", "swap_writeout",      "swap_write_unplug",
	"swap_read_folio",   "swap_readpage",	 "submit_bio_noacct",  "submit_bio_noacct_nocheck",
	"blk_mq_submit_bio", "nbd_queue_rq",	 "blk_mq_run_work_fn", "blk_mq_dispatch_rq_list"
};
static const char *const swap_in_functions[] = { "swap_read_folio", "swap_readpage" };
/* Functions that call napi_disable() and then do more before napi_enable(). */
static const char *const napi_disablers[] = { "refill_work" };

/* Functions that bring a lost connection back: what was sent over it waits for them.  NBD's is
 * brought back by a process: nbd-client, or our own (vm-images/reconnect.c). */
static const char *const reconnectors[] = { "nvme_tcp_reconnect_ctrl_work", "nvme_reset_ctrl_work",
					    "xs_tcp_setup_socket", "nbd_genl_reconnect" };
static const char *const reconnecting_processes[] = { "nbd-client", "reconnect" };

const char *function_base_name(const char *function)
{
	gsize len = strcspn(function, ".");
	g_autofree char *base = g_strndup(function, len);

	return g_intern_string(base);
}

static const char *any_of(const char *function, const char *const *names, guint n)
{
	for (guint i = 0; i < n; i++) {
		if (!strcmp(function, names[i]))
			return names[i];
	}
	return NULL;
}
#define ANY_OF(function, names) any_of(function, names, G_N_ELEMENTS(names))

static gint find(const char *function)
{
	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		if (!strcmp(table[i].function, function))
			return i;
	}
	return -1;
}

/* What the name of a function says. */
struct meaning {
	const char *base; /* function_base_name() */
	gint row;	  /* of the table, or -1 */
	gboolean reclaim, swap_io, swap_in;
	gboolean entry;	  /* calls what its thread is there for */
	gboolean timeout; /* what it calls to sleep ends by itself */
	const char *napi_disabler, *reconnector;
};

/*
 * Names are interned: each is looked at once.  A snapshot has thousands of
 * frames of some hundred functions, and is read while the VM stands still.
 */
static const struct meaning *meaning_of(const char *function)
{
	static GHashTable *known;
	struct meaning *m;

	if (!known)
		known = g_hash_table_new(NULL, NULL);
	m = g_hash_table_lookup(known, function);
	if (m)
		return m;

	m = g_new0(struct meaning, 1);
	m->base = function_base_name(function);
	m->row = find(m->base);
	m->reclaim = ANY_OF(m->base, reclaim_functions) != NULL;
	m->swap_io = ANY_OF(m->base, swap_io_functions) != NULL;
	m->swap_in = ANY_OF(m->base, swap_in_functions) != NULL;
	m->entry = !strcmp(m->base, "process_one_work") || !strcmp(m->base, "kthread");
	m->timeout = !strcmp(m->base, "schedule_timeout");
	m->napi_disabler = ANY_OF(m->base, napi_disablers);
	m->reconnector = ANY_OF(m->base, reconnectors);
	g_hash_table_insert(known, (gpointer)function, m);
	return m;
}

static void decide(struct wait_facts *w, const struct meaning *m, gboolean timeout)
{
	gint i = m->row;

	if (i >= 0 && (!w->function || table[i].flags & OVERRULES)) {
		w->kind = table[i].kind;
		w->timed = table[i].flags & TIMED || (timeout && table[i].flags & MAY_BE_TIMED);
		w->function = table[i].function;
		w->caller = NULL;
	} else if (w->function && !w->caller && (i < 0 || table[i].kind != w->kind)) {
		w->caller = m->base; /* not another name of the same primitive */
	}
}

/* Frames of @t from the innermost out; fills everything that a frame can tell. */
static void look_at_frames(const struct task_facts *t, struct wait_facts *w)
{
	const char *outer = NULL; /* the frame just inside the current one */
	gboolean timeout = FALSE;

	for (guint i = 0; i < t->frames; i++) {
		if (!t->stack[i].function)
			continue;

		const struct meaning *m = meaning_of(t->stack[i].function);

		decide(w, m, timeout);
		timeout |= m->timeout;
		w->in_reclaim |= m->reclaim;
		w->in_swap_io |= m->swap_io;
		w->in_swap_in |= m->swap_in;
		if (!w->napi_disabler)
			w->napi_disabler = m->napi_disabler;
		if (!w->reconnector)
			w->reconnector = m->reconnector;
		if (outer && m->entry && !w->entry)
			w->entry = outer;
		outer = m->base;
	}
}

struct wait_facts wait_of(const struct task_facts *t)
{
	struct wait_facts w = { .kind = WAIT_OTHER };

	look_at_frames(t, &w);
	if (!w.entry)
		w.entry = g_intern_string(t->kernel_thread ? "kernel" : "user");
	if (!w.reconnector && !t->kernel_thread)
		w.reconnector = ANY_OF(t->comm, reconnecting_processes);
	if (*task_state_name(t) == 'R')
		w.kind = WAIT_NONE;
	/* Without a confirmed owner a lock is not an edge but a riddle. */
	else if ((w.kind == WAIT_MUTEX || w.kind == WAIT_RWSEM) && !t->on.owner)
		w.kind = WAIT_OTHER;
	else if ((w.kind == WAIT_COMPLETION && t->on.kind != OBJECT_COMPLETION) ||
		 (w.kind == WAIT_SOCKET && t->on.kind != OBJECT_SOCKET))
		w.kind = WAIT_OTHER;
	return w;
}

enum wait_kind wait_kind_by_stack(const struct task_facts *t)
{
	struct wait_facts w = { .kind = WAIT_OTHER };

	look_at_frames(t, &w);
	return w.kind;
}
