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
	X(min_pages, "sum of the zones' min watermarks")                                           \
	X(low_pages, "sum of the zones' low watermarks")                                           \
	X(high_pages, "sum of the zones' high watermarks")                                         \
	X(writeback_pages, "NR_WRITEBACK")                                                         \
	X(dirty_pages, "NR_FILE_DIRTY")                                                            \
	X(swap_total_pages, "total_swap_pages")                                                    \
	X(swap_free_pages, "nr_swap_pages")                                                        \
	X(swap_in_pages, "PSWPIN")                                                                 \
	X(swap_out_pages, "PSWPOUT")                                                               \
	X(reclaimed_pages, "PGSTEAL_*")                                                            \
	X(scanned_pages, "PGSCAN_KSWAPD + PGSCAN_DIRECT")                                          \
	X(alloc_stalls, "ALLOCSTALL_*: entries into direct reclaim")                               \
	X(throttled, "PGSCAN_DIRECT_THROTTLE: waits in throttle_direct_reclaim")                   \
	X(oom_kills, "OOM_KILL")                                                                   \
	/* swap device */                                                                          \
	X(nbd_in_flight, "requests of NBD devices in flight")                                      \
	X(nbd_oldest_ms, "age of the oldest of them, as observed, in guest time")                  \
	X(nbd_completed, "I/Os completed, reads and writes")                                       \
	X(nbd_wmem_bytes, "sk_wmem_queued of the NBD sockets")                                     \
	X(tcp_unacked_bytes, "snd_nxt - snd_una of the NBD sockets")                               \
	X(tcp_timer_fires, "times the armed retransmit timer was seen re-armed without an ACK")    \
	X(tcp_timer_armed, "1 while a retransmit or probe timer of an NBD socket is pending")      \
	/* tasks */                                                                                \
	X(tasks, "all threads")                                                                    \
	X(tasks_runnable, "in state R")                                                            \
	X(tasks_blocked, "in uninterruptible sleep that counts as load (D)")                       \
	X(runqueue, "sum of rq->nr_running")                                                       \
	X(user_ns, "user-mode CPU time of all user tasks but PID 1")                               \
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
#define STACK_FRAMES_MAX 48

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
	WAIT_MEMORY,	 /* for memory to be freed */
	WAIT_IO,	 /* for a request to complete */
	WAIT_TAG,	 /* for a request to become free */
	WAIT_SEND,	 /* for room in a socket: an ACK */
	WAIT_RECEIVE,	 /* for data from the peer */
	WAIT_COMPLETION, /* for another task to say it is done */
	WAIT_OTHER,	 /* blocked, and we do not know for what */
	WAIT_KINDS,
};

const char *wait_kind_name(enum wait_kind kind);

struct task_facts {
	guint64 address; /* of task_struct: identity within one run */
	gint32 pid, tgid;
	char comm[17];
	guint32 state; /* __state */
	guint32 flags; /* PF_* */
	gboolean kernel_thread;
	gboolean on_cpu;
	guint64 switches; /* nvcsw + nivcsw */
	guint frames;
	struct stack_frame stack[STACK_FRAMES_MAX];
	guint64 mutex;	     /* WAIT_MUTEX: the lock's address, else 0 */
	guint64 mutex_owner; /* task_struct of the owner, 0: none or unknown */
	char mutex_name[48]; /* "nbd0 socket 0 tx_lock", "plant_a"; "" if unnamed */
};

struct napi_facts {
	char device[17];
	const char *poll;  /* interned name of the poll function, or NULL */
	gint rx_posted;	   /* receive buffers that the device may fill; -1: not known */
	gboolean disabled; /* SCHED and NPSVC set: napi_disable() is in force */
};

struct socket_facts {
	char name[24]; /* "nbd0 socket 0" */
	guint64 wmem_queued_bytes, sndbuf_bytes, unacked_bytes;
	guint retransmits;
	gint64 timer_in_jiffies; /* until the retransmit timer expires; G_MININT64: not armed */
};

struct request_facts {
	char name[24]; /* "nbd0 tag 5" */
	gint64 age_ms; /* as observed, in guest time; -1 unknown */
};

struct zone_facts {
	char name[17];
	guint node;
	gint64 free_pages, min_pages, low_pages, high_pages, managed_pages;
};

struct snapshot {
	gint64 host_us, fair_us;
	gboolean complete;	 /* the task list closed and every part was read */
	GArray *tasks;		 /* of struct task_facts */
	GArray *napis;		 /* of struct napi_facts */
	GArray *sockets;	 /* of struct socket_facts */
	GArray *requests;	 /* of struct request_facts, in flight */
	GArray *zones;		 /* of struct zone_facts */
	gboolean server_answers; /* a second, read-only client was answered */
	gboolean server_running; /* its process tree exists and none of it is stopped */
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *s);
DEFINE_SCOPED(snapshot, snapshot_free)

/* The name that a console, a reader or a table uses for a task's state: "R", "S", "D", "I", ... */
const char *task_state_name(const struct task_facts *t);

#endif
