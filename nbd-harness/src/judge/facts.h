/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plain facts that the judge decides from: what was read from a guest, the
 * server and the host, with units on every field and no pointer into a guest.
 * No I/O, no VM: a recorded run replays through the same structs.
 */
#ifndef NETSWAP_JUDGE_FACTS_H
#define NETSWAP_JUDGE_FACTS_H

#include <glib.h>

#include "base/scope.h"

/* In order of precedence: when several hold, the first one is the verdict. */
enum verdict {
	VERDICT_INFRA,
	VERDICT_CRASH,
	VERDICT_CORRUPT,
	VERDICT_DEADLOCK,
	VERDICT_LIVELOCK,
	VERDICT_IO_ERROR,
	VERDICT_OOM,
	VERDICT_STARVED,
	VERDICT_INCONCLUSIVE,
	VERDICT_PASS,
	VERDICTS,
};

const char *verdict_name(enum verdict v);    /* "DEADLOCK" */
const char *verdict_meaning(enum verdict v); /* one line for people */
gboolean verdict_parse(const char *name, enum verdict *v);

/*
 * A sample: one cheap periodic reading.  Counters are totals since boot.  A
 * field that this kernel does not have, or that a torn read spoiled, is
 * SAMPLE_UNKNOWN; the judge treats unknown as "no evidence", never as zero.
 */
#define SAMPLE_UNKNOWN (-1)

/*	field			what it is */
#define SAMPLE_FIELDS(X)                                                                           \
	/* time */                                                                                 \
	X(host_us, "host CLOCK_MONOTONIC since the run began")                                     \
	X(fair_us, "of that, the time in which VM and server had the CPU they wanted")             \
	X(vcpu_us, "CPU time used by QEMU's threads")                                              \
	X(vm_running, "1 while QMP says running")                                                  \
	X(phase, "enum board_phase")                                                               \
	X(heartbeat, "PID 1's loop counter")                                                       \
	X(jiffies, "guest jiffies_64")                                                             \
	/* memory */                                                                               \
	X(free_pages, "all zones, per-CPU diffs added")                                            \
	X(min_pages, "sum of the zones' min watermarks, boosted as they are")                      \
	X(low_pages, "sum of the zones' low watermarks")                                           \
	X(high_pages, "sum of the zones' high watermarks")                                         \
	X(written_pages, "NR_WRITTEN: whose writeback has ended")                                  \
	X(writeback_pages, "NR_WRITEBACK")                                                         \
	X(dirty_pages, "NR_FILE_DIRTY")                                                            \
	X(swap_total_pages, "total_swap_pages")                                                    \
	X(swap_free_pages, "nr_swap_pages")                                                        \
	X(swap_in_pages, "PSWPIN")                                                                 \
	X(swap_out_pages, "PSWPOUT")                                                               \
	X(zswapped_pages, "ZSWPOUT: taken by zswap, which may write them out later")               \
	X(reclaimed_pages, "PGSTEAL_*")                                                            \
	X(scanned_pages, "PGSCAN_KSWAPD + PGSCAN_DIRECT")                                          \
	X(alloc_stalls, "ALLOCSTALL_*: entries into direct reclaim")                               \
	X(throttled, "PGSCAN_DIRECT_THROTTLE: waits in throttle_direct_reclaim")                   \
	X(oom_kills, "OOM_KILL")                                                                   \
	X(swapoffs, "times that PID 1 began to swap off")                                          \
	/* the reserve, of kernels with the patches of kernel-patches' instrument */               \
	X(reserve_task_pages, "taken below min, by the right of PF_MEMALLOC")                      \
	X(reserve_gfp_pages, "taken below min, by the right of __GFP_MEMALLOC")                    \
	X(reserve_atomic_pages, "taken below min, from the share of GFP_ATOMIC and __GFP_HIGH")    \
	X(lowest_free_pages, "sum of the lowest free counts of the zones that were short")         \
	/* swap device */                                                                          \
	X(nbd_in_flight, "requests of NBD devices in flight")                                      \
	X(nbd_oldest_ms, "age of the oldest of them, as observed, in guest time")                  \
	X(nbd_completed, "I/Os completed, reads and writes")                                       \
	X(rpc_in_flight, "calls of the kernel's RPC clients under way (NFS); 4096 at most")        \
	X(swap_wmem_bytes, "sk_wmem_queued of the sockets that swap goes over")                    \
	X(tcp_unacked_bytes, "snd_nxt - snd_una of these")                                         \
	X(tcp_timer_fires, "times the armed retransmit timer was seen re-armed without an ACK")    \
	X(tcp_timer_armed, "1 while a retransmit or probe timer of one of them is pending")        \
	X(connecting, "sockets without SOCK_MEMALLOC that have sent a SYN and wait for an answer") \
	X(connect_fires, "times that one of these was seen to have sent its SYN again")            \
	X(recovery_timers, "timers pending that connect anew or give a request up (NFS, NVMe)")    \
	X(recovery_fires, "times that one of them was seen to have gone off")                      \
	/* network */                                                                              \
	X(packets_in, "packets that the stack took from network cards")                            \
	X(udp_pages, "pages that UDP sockets are charged with")                                    \
	X(pfmemalloc_drops,                                                                        \
	  "packets in reserve memory that sockets without a right to it refused")                  \
	X(tcp_mem_drops, "packets that TCP refused for want of room within tcp_mem")               \
	/* tasks */                                                                                \
	X(tasks, "all threads")                                                                    \
	X(tasks_runnable, "in state R")                                                            \
	X(tasks_blocked, "in uninterruptible sleep that counts as load (D)")                       \
	X(runqueue, "sum of rq->nr_running")                                                       \
	X(user_ns, "user-mode CPU time of all user tasks but PID 1 and companions")                \
	X(tainted, "tainted_mask")                                                                 \
	/* pressure, from the board */                                                             \
	X(slots_running, "pressure processes that run")                                            \
	X(slots_passed, "that ended well, verified")                                               \
	X(slots_corrupt, "that found a corrupt page")                                              \
	X(slots_failed, "that failed otherwise")                                                   \
	X(slots_killed, "that a signal ended")                                                     \
	X(touched_pages, "pages written or read by pressure")                                      \
	X(verified_pages, "pages that came back as written")                                       \
	X(corrupt_pages, "pages that came back different")                                         \
	X(pass_pages, "pages that one pass of all of it touches")                                  \
	X(companion_rounds, "rounds of companions that count them: no progress")                   \
	/* server */                                                                               \
	X(server_running, "1 while its process tree exists and none of it is stopped")             \
	X(server_cpu_us, "CPU time used by its process tree")

struct sample {
#define FIELD(name, help) gint64 name;
	SAMPLE_FIELDS(FIELD)
#undef FIELD
};

/* How the fields are called, for JSON and for reading it back. */
struct sample_field {
	const char *name, *help;
	gsize offset; /* of a gint64 in struct sample */
};
extern const struct sample_field sample_fields[]; /* ends with name NULL */

/*
 * A snapshot: a full reading with the guest stopped.
 */
#define STACK_FRAMES_MAX 64

struct stack_frame {
	guint64 address;
	const char *function; /* interned; NULL: no symbol */
	guint offset;
	gboolean guess; /* found by scanning the stack, not by unwinding */
};

enum wait_kind {
	WAIT_NONE,	 /* runs or is runnable */
	WAIT_IDLE,	 /* sleeps with nothing to do: never part of a knot */
	WAIT_TIMER,	 /* sleeps for a while: a timer will wake it */
	WAIT_MUTEX,	 /* for a mutex whose owner is known */
	WAIT_RWSEM,	 /* for an rw_semaphore whose writer is known */
	WAIT_MEMORY,	 /* for memory to be freed */
	WAIT_MEMPOOL,	 /* for an element of a mempool, or memory: looks again every 5 s */
	WAIT_IO,	 /* for a request to complete */
	WAIT_TAG,	 /* for a request to become free */
	WAIT_SEND,	 /* for room in a socket: an ACK */
	WAIT_RECEIVE,	 /* for data from the peer */
	WAIT_SOCKET,	 /* for a socket that another task has locked */
	WAIT_CONNECTION, /* for the connection to the server to come back */
	WAIT_COMPLETION, /* for another task to say it is done */
	WAIT_OTHER,	 /* blocked, and we do not know for what */
	WAIT_KINDS,
};

const char *wait_kind_name(enum wait_kind kind);

/*
 * What a sleeper stands in line for: found typed on its stack and confirmed by
 * walking the ring that it is on to the object's own list head.
 */
enum object_kind {
	OBJECT_NONE,
	OBJECT_MUTEX,
	OBJECT_RWSEM,
	OBJECT_COMPLETION, /* of struct completion */
	OBJECT_QUEUE,	   /* a wait_queue_head of no other kind */
	OBJECT_MEMPOOL,	   /* its wait queue is a mempool's */
	OBJECT_TAGS,	   /* a sbitmap_queue of blk-mq */
	OBJECT_FOLIO,	   /* a bit of a folio's flags */
	OBJECT_SOCKET,	   /* a struct sock that is locked by its user */
	OBJECT_KINDS,
};

const char *object_kind_name(enum object_kind kind);

struct wait_object {
	enum object_kind kind;
	guint bit;	 /* OBJECT_FOLIO: which flag, as a kernel's PG_*; the name says it too */
	guint64 address; /* of the mutex, rwsem, completion, queue head, mempool, folio, ... */
	guint64 owner;	 /* task_struct that holds it; 0: nobody or unknown */
	char name[48];	 /* "nbd0 socket 0 tx_lock", "plant_a", "writeback"; "" if unnamed */
};

struct task_facts {
	guint64 address; /* of task_struct: identity within one run */
	gint32 pid, tgid;
	char comm[17];
	guint32 state; /* __state */
	guint32 flags; /* PF_* */
	gboolean kernel_thread;
	gboolean on_cpu;
	gboolean in_memstall; /* the pressure stall information counts it as waiting for memory */
	guint64 switches;     /* nvcsw + nivcsw */
	char cgroup[48];      /* name of its default-hierarchy cgroup; "" unknown */
	struct wait_object on;

	/* scan_control of the reclaim that it is in, by reclaim_state; else reclaiming FALSE */
	gboolean reclaiming;
	guint32 reclaim_gfp;
	gint32 reclaim_order, reclaim_priority;
	gint64 reclaim_done_pages; /* nr_reclaimed */

	guint frames;
	struct stack_frame stack[STACK_FRAMES_MAX];
};

struct napi_facts {
	char device[17];
	const char *poll;   /* interned name of the poll function, or NULL */
	gint32 rx_posted;   /* receive buffers that the device may fill; -1: not known */
	gint32 rx_seen;	    /* of these, what the device says it has seen; -1: not known */
	gint64 rx_dropped;  /* packets that came in and found no memory, ever; -1: not known */
	gboolean scheduled; /* SCHED set: to be polled, or disabled */
	gboolean disabled;  /* SCHED and NPSVC set: napi_disable() is in force */
};

struct socket_facts {
	char name[24];	 /* "nbd0 socket 0" */
	guint64 address; /* of struct sock */
	gboolean locked; /* by a user: what comes in meanwhile waits in its backlog */
	guint64 wmem_queued_bytes, sndbuf_bytes, unacked_bytes;
	gboolean drained; /* all that was written to it has been acknowledged */
	guint64 rmem_bytes, backlog_bytes;
	guint64 tcp_mem_pages, tcp_mem_max_pages; /* of all TCP sockets; 0: not known */
	guint32 snd_una, snd_nxt;
	guint32 retransmits;
	gboolean memalloc;	 /* SOCK_MEMALLOC: may use the reserves */
	gint64 timer_in_jiffies; /* until the retransmit timer expires; G_MININT64: not armed */
};

struct request_facts {
	char name[24];	  /* "nbd0 tag 5", "nfs xid 0x1a2b3c4d" */
	guint64 address;  /* of struct request, or of struct rpc_task */
	const char *op;	  /* interned: "read", "write", "flush", ..., "READ", ...; NULL unknown */
	guint64 bytes;	  /* 0 unknown */
	guint64 folio;	  /* the first one that it carries; 0 none or unknown */
	gint64 age_ms;	  /* as observed, in guest time; -1 unknown */
	gboolean local;	  /* to a disk of the machine's own, not over the network */
	gboolean on_wire; /* its command was sent (NBD, RPC); FALSE also where that is not known */
	gboolean unsent;  /* its command was not, or not to its end: no reply can come */
	gboolean lost;	  /* it was sent over a connection that is dead: no reply can come */
};

/* The requests of one block device and who waits for one. */
struct tags_facts {
	char name[24]; /* "nbd0", "vda" */
	guint64 queue; /* the sbitmap_queue that OBJECT_TAGS refers to */
	guint32 depth, taken, in_flight;
};

struct mempool_facts {
	guint64 address;
	char name[48];	/* symbol, or what it is embedded in; "" unknown */
	char cache[32]; /* the slab cache that its elements are from; "" none, or unknown */
	guint32 min_nr, curr_nr;
};

/* A task that has requests or elements that others wait for. */
struct holder_facts {
	guint64 object; /* tags_facts.queue, mempool_facts.address, socket_facts.address */
	guint64 task;	/* task_struct */
	guint32 count;
	const char *where; /* interned: where it was seen to have them: "a list on its stack" */
	guint64 at;	   /* address of that: of the list's head, of a word on the stack */
};

/* A folio that somebody waits for. */
struct folio_facts {
	guint64 address;
	gboolean locked, writeback, swapcache, dirty;
	char request[24]; /* the request in flight that carries it, as in request_facts; "" none */
};

enum work_state {
	WORK_RUNNING,  /* by @worker */
	WORK_PENDING,  /* on the pool's list: for the next worker */
	WORK_BEHIND,   /* scheduled on @worker, after what that runs now (flush barriers) */
	WORK_INACTIVE, /* held back: its workqueue runs max_active others */
	WORK_STATES,
};

const char *work_state_name(enum work_state state);

struct work_facts {
	guint64 address;
	const char *function; /* interned; NULL unknown */
	char workqueue[25];
	enum work_state state;
	guint64 pool;	    /* worker_pool */
	guint64 pwq;	    /* max_active counts here: pool_workqueue, or wq_node_nr_active */
	guint64 worker;	    /* task_struct of the worker; RUNNING and BEHIND, else 0 */
	guint64 completion; /* of a flush barrier: what its flusher waits for; else 0 */
	gboolean rescuer;   /* its workqueue has one (WQ_MEM_RECLAIM) */
	guint64 wq;	    /* workqueue_struct */
	guint32 color;	    /* by which its workqueue is flushed: one bit; 0 unknown */
};

/* A flush of a whole workqueue under way. */
struct flusher_facts {
	guint64 completion; /* what the flusher waits for */
	guint64 wq;	    /* workqueue_struct */
	guint32 colors;	    /* works of these must end first: as bits */
};

struct pool_facts {
	guint64 address;
	gint32 cpu; /* -1: unbound */
	gint32 id;
	guint32 workers, idle;
};

struct zone_facts {
	char name[17];
	gint32 node;
	gint64 free_pages, min_pages, low_pages, high_pages, managed_pages;
	gint64 boost_pages;	 /* watermark_boost, part of all three watermarks */
	gint64 highatomic_pages; /* kept for high-order atomic allocations, free or not */
	gint64 lowest_pages;	 /* least that was ever free, of any node's zone; -1: not known */
};

/* A counter of the emergency reserve, as debugfs calls it; totals since boot. */
struct reserve_facts {
	char name[24];
	gint64 count;
};

/* Arrays of plain elements: name, element type. */
#define SNAPSHOT_ARRAYS(X)                                                                         \
	X(tasks, struct task_facts)                                                                \
	X(napis, struct napi_facts)                                                                \
	X(sockets, struct socket_facts)                                                            \
	X(requests, struct request_facts) /* in flight */                                          \
	X(tags, struct tags_facts)                                                                 \
	X(mempools, struct mempool_facts) /* that somebody waits for */                            \
	X(holders, struct holder_facts)	  /* of tags, mempools and sockets that others wait for */ \
	X(folios, struct folio_facts)	  /* that somebody waits for */                            \
	X(works, struct work_facts)	  /* running, pending or held back */                      \
	X(flushers, struct flusher_facts)                                                          \
	X(pools, struct pool_facts)                                                                \
	X(zones, struct zone_facts)                                                                \
	X(reserve, struct reserve_facts) /* of kernels that count it */

struct snapshot {
	gint64 host_us, fair_us;
	gboolean complete; /* the task list closed and every part was read */
#define ARRAY(name, type) GArray *name;
	SNAPSHOT_ARRAYS(ARRAY)
#undef ARRAY
	gboolean server_answers; /* a second, read-only client was answered */
	gboolean server_running; /* its process tree exists and none of it is stopped */
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *s);
DEFINE_SCOPED(snapshot, snapshot_free)

/* The name that a console, a reader or a table uses for a task's state: "R", "S", "D", "I", ... */
const char *task_state_name(const struct task_facts *t);

/* In a sleep that not even a fatal signal ends. */
gboolean task_is_unkillable(const struct task_facts *t);

#endif
