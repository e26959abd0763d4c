/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a pod (in the harness) and its keeper say to each other over one
 * SOCK_SEQPACKET socket: one struct a message, descriptors by SCM_RIGHTS, and
 * process ids by SCM_CREDENTIALS, which the kernel translates into the
 * receiver's PID namespace.
 *
 *	harness -> keeper	keeper
 *			   <-	READY (credentials: the namespace's PID 1), or FAILED
 *	SPAWN + log, files ->
 *			   <-	SPAWNED (credentials: the child), or FAILED
 *	SOCKET		   ->
 *			   <-	SOCKET + a TCP socket of the namespace, or FAILED
 *			   <-	EXITED, at any time
 */
#ifndef NETSWAP_MACHINE_WIRE_H
#define NETSWAP_MACHINE_WIRE_H

#include <glib.h>
#include <sys/types.h>

#define WIRE_ARGS_BYTES	  32768u
#define WIRE_FDS	  62u /* the log and descriptors 3..63 */
#define WIRE_CHILD_FD_MIN 3
#define WIRE_CHILD_FD_MAX 63

enum wire_kind {
	WIRE_SPAWN,
	WIRE_SOCKET,
	WIRE_READY,
	WIRE_SPAWNED,
	WIRE_EXITED,
	WIRE_FAILED,
};

struct wire_message {
	guint32 kind;	    /* enum wire_kind */
	gint32 id;	    /* SPAWNED, EXITED: the child's pid inside the namespace */
	gint32 wait_status; /* EXITED */
	gint32 error;	    /* FAILED: errno ... */
	char step[40];	    /* ... of this step, NUL-terminated */
	guint32 daemon;	    /* SPAWN: see pod_spawn_daemon() */
	guint32 args_count;
	gint32 child_fds[WIRE_FDS]; /* SPAWN: where each further descriptor goes; the log is [0] */
	/* Last, because only the used part travels: args_count strings, each ended by NUL. */
	guint32 args_bytes;
	char args[WIRE_ARGS_BYTES];
};

/* Beside a message: descriptors (sender keeps its own, receiver owns the new
 * ones, close-on-exec) and the process id that its credentials carry. */
struct wire_extra {
	int fds[WIRE_FDS];
	guint fds_count;
	pid_t pid; /* 0: the sender's own */
};

/* Both return 0 or a negative errno; wire_receive() -ECONNRESET at the end of the
 * connection, -EAGAIN when nothing is there and @flags has MSG_DONTWAIT. */
int wire_send(int fd, const struct wire_message *message, const struct wire_extra *extra);
int wire_receive(int fd, struct wire_message *message, struct wire_extra *extra, int flags);

#endif
