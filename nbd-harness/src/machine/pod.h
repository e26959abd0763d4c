/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pod: the private world of one run.  A keeper process holds a user (when
 * not root), network, mount and PID namespace in which QEMU and the swap
 * server run.
 *
 *   - Network: only a loopback.  QEMU's user network reaches the one export
 *     that listens there and nothing else of the host; two runs can use the
 *     same port; no process outside can connect (pod_connect() is the only way).
 *   - PID: the keeper's child is PID 1 of the namespace.  When it ends, for
 *     whatever reason, the kernel kills everything in it.  It ends when its
 *     control socket closes, so kill -9 of the harness leaves no orphan.
 *   - Mount: a private tmpfs on /tmp, for sockets, pid files and triggers.
 *   - Credentials: started by root, children run as an unprivileged user, in a
 *     session of their own (a Ctrl-C in the terminal does not reach them).
 *
 * Files are given to children as inherited descriptors.  A child that opens one
 * again by path, /proc/self/fd/N, needs no permission on the path but does need
 * it on the file: memfds always open, a file that only root may read does not.
 */
#ifndef NETSWAP_MACHINE_POD_H
#define NETSWAP_MACHINE_POD_H

#include <glib.h>
#include <sys/types.h>

struct pod;

/* A child of the pod.  Owned by the pod, valid until pod_free(). */
struct pod_child {
	char *name;
	pid_t pid; /* as seen from the harness */
	gboolean running;
	int wait_status; /* of waitpid(2), once !running */
};

typedef void (*pod_exit_fn)(struct pod_child *child, gpointer data);

/*
 * Start the keeper.  @on_exit is called from the thread-default GLib main
 * context for each child that ends (with the status of a SIGKILL when the whole
 * pod was killed); it must not free the pod.  The calling thread must outlive
 * the pod: its end kills it.  Errors: NETSWAP_ERROR_INFRA.
 */
struct pod *pod_new(pod_exit_fn on_exit, gpointer data, GError **error);

/* One inherited descriptor: @fd of the caller appears as @child_fd in the child. */
struct pod_fd {
	int fd;
	int child_fd; /* 3..63 */
};

/*
 * Run @argv (NULL-terminated; argv[0] looked up in PATH) in the pod, standard
 * input from /dev/null, standard output and error to @log_fd.  @fds ends with
 * fd -1, may be NULL.  Descriptors stay owned by the caller.
 */
struct pod_child *pod_spawn(struct pod *pod, const char *name, char *const argv[], int log_fd,
			    const struct pod_fd *fds, GError **error);
/*
 * The same for a program that detaches itself (nbd-server forks into the
 * background and has no option not to): the child is a guard, a subreaper that
 * ends when all that the program left behind has ended, as the last of it
 * ended (with its status, or by its signal).  Signals go to what it stands for, never to the guard.
 */
struct pod_child *pod_spawn_daemon(struct pod *pod, const char *name, char *const argv[],
				   int log_fd, const struct pod_fd *fds, GError **error);
/* Wait up to @timeout_ms for the end of @child; TRUE if it has ended.  on_exit
 * still follows from the main context. */
gboolean pod_wait(struct pod *pod, struct pod_child *child, guint timeout_ms);

/* A non-blocking TCP connection to 127.0.0.1:@port inside the pod, or -1.  Caller closes. */
int pod_connect(struct pod *pod, guint16 port, GError **error);

/* A path outside that leads to the pod's private /tmp, e.g. /proc/123/root/tmp. */
const char *pod_tmp_dir(struct pod *pod);

/* Send @sig to @child, or to it and all its descendants (nbd-server forks per
 * connection: stopping the parent stops nothing). */
void pod_signal(struct pod *pod, struct pod_child *child, int sig);
void pod_signal_tree(struct pod *pod, struct pod_child *child, int sig);
/* PIDs, as seen from the harness, of @child (first) and its descendants; empty once it
 * ended.  GArray of pid_t, caller unrefs.  Cheap: reads a few small files. */
GArray *pod_tree(struct pod *pod, struct pod_child *child);

/* Kill all that runs in it, wait until it is gone, free.  NULL is fine. */
void pod_free(struct pod *pod);

/* main() of the keeper, reached through `netswap --keeper`; @control_fd is its socket. */
int keeper_main(int control_fd);

#endif
