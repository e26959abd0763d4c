// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keeper of a pod: makes the namespaces, starts what runs in them, and
 * sees to it that nothing outlives the harness.
 *
 *	harness ── keeper ── PID 1 of the namespace ── QEMU, swap server, ...
 *	   └────── control socket ──────┘
 *
 * A PID namespace takes effect for children only, so there are two processes.
 * The first makes the namespaces, forks and waits.  The second, PID 1, serves
 * the control socket, reaps, and reports who ended.  When PID 1 ends, the
 * kernel kills everything in its namespace, stopped or not.  It ends when
 *   - the harness closes the control socket, or is killed (the socket closes);
 *   - the keeper is killed (PR_SET_PDEATHSIG; the keeper itself has it on the
 *     harness, which covers a PID 1 that somebody stopped).
 *
 * Limits: PR_SET_PDEATHSIG follows the thread that forked, so the thread that
 * calls pod_new() must live as long as the pod.  Between fork and exec only
 * async-signal-safe calls are made: this process has one thread, but the rule
 * keeps the code honest under a sanitizer.
 */
#include "machine/pod.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/wire.h"

/*
 * Whom children run as when root started us: nobody.  It owns no files by
 * definition, exists everywhere, and the PID namespace keeps its other
 * processes out of reach; an invented id could belong to somebody.
 */
#define UNPRIVILEGED_ID 65534

struct keeper {
	int control_fd;
	int signal_fd;
	gboolean is_root;
};

static int report_failure(int control_fd, const char *step, int error)
{
	struct wire_message m = { .kind = WIRE_FAILED, .error = error };

	g_strlcpy(m.step, step, sizeof(m.step));
	wire_send(control_fd, &m, NULL);
	return 1;
}

static gboolean write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	gboolean done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Map our own ids to themselves: inside we keep the capabilities that the
 * namespaces need, and children lose them on exec because they are not root. */
static gboolean enter_user_namespace(void)
{
	g_autofree char *uid_map = g_strdup_printf("%d %d 1", getuid(), getuid());
	g_autofree char *gid_map = g_strdup_printf("%d %d 1", getgid(), getgid());

	return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uid_map) &&
	       write_file("/proc/self/gid_map", gid_map);
}

static gboolean raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	gboolean done = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static gboolean mount_private_tmp(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") == 0 &&
	       chdir("/tmp") == 0;
}

/* The group that may open /dev/kvm, or -1: nobody needs it for acceleration. */
static gid_t kvm_group(void)
{
	struct stat s;

	if (stat("/dev/kvm", &s) < 0 || s.st_gid == 0 || (s.st_mode & 0060) != 0060)
		return (gid_t)-1;
	return s.st_gid;
}

static gboolean drop_privileges(void)
{
	gid_t group = kvm_group();

	return setgroups(group != (gid_t)-1, &group) == 0 &&
	       setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID) == 0 &&
	       setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID) == 0;
}

/* Put the descriptors where the child expects them.  They go up first, so
 * that no target is the source of a later one. */
static gboolean place_descriptors(const struct wire_message *m, const struct wire_extra *extra)
{
	int high[WIRE_FDS];
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (guint i = 0; i < extra->fds_count; i++) {
		high[i] = fcntl(extra->fds[i], F_DUPFD_CLOEXEC, WIRE_CHILD_FD_MAX + 1);
		if (high[i] < 0)
			return FALSE;
	}
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(high[0], STDOUT_FILENO) < 0 ||
	    dup2(high[0], STDERR_FILENO) < 0)
		return FALSE;
	for (guint i = 1; i < extra->fds_count; i++)
		if (dup2(high[i], m->child_fds[i]) < 0)
			return FALSE;
	return TRUE;
}

static void restore_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Stand for a program that detaches itself: being the subreaper, we get what
 * it leaves behind as our children, and end as the last of it ended.
 */
static void guard_daemon(void)
{
	int status = 0, last = 0;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0)
		return;
	if (pid < 0)
		_exit(126);
	/* Only the program may hold its files and the exec-error pipe open. */
	close_range(WIRE_CHILD_FD_MIN, ~0U, 0);
	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (pid > 0)
			last = status;
	if (WIFSIGNALED(last)) {
		/* End as it ended, but without a second core file. */
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		raise(WTERMSIG(last));
	}
	_exit(WEXITSTATUS(last));
}

/* In the child: never returns.  What fails before exec is told through @error_fd. */
static void run_child(const struct keeper *k, const struct wire_message *m,
		      const struct wire_extra *extra, char **argv, int error_fd)
{
	int error;

	restore_signals();
	setsid(); /* a Ctrl-C in the terminal is for the harness alone */
	write_file("/proc/self/oom_score_adj", "0");
	error_fd = fcntl(error_fd, F_DUPFD_CLOEXEC, WIRE_CHILD_FD_MAX + 1);
	if (error_fd >= 0 && place_descriptors(m, extra) && (!k->is_root || drop_privileges()) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		if (m->daemon)
			guard_daemon();
		execvp(argv[0], argv);
	}
	error = errno;
	if (write(error_fd, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* The argument vector of @m, pointing into it; NULL when malformed. */
static char **unpack_args(struct wire_message *m)
{
	g_autofree char **argv = g_new0(char *, m->args_count + 1);
	char *p = m->args, *end = m->args + m->args_bytes;

	for (guint i = 0; i < m->args_count; i++) {
		char *nul = memchr(p, 0, end - p);

		if (!nul)
			return NULL;
		argv[i] = p;
		p = nul + 1;
	}
	return m->args_count ? g_steal_pointer(&argv) : NULL;
}

static void spawn(const struct keeper *k, struct wire_message *m, const struct wire_extra *extra)
{
	g_autofree char **argv = unpack_args(m);
	struct wire_message reply = { .kind = WIRE_SPAWNED };
	struct wire_extra who = { 0 };
	int error_pipe[2], error = 0;

	if (!argv || !extra->fds_count || pipe2(error_pipe, O_CLOEXEC) < 0) {
		report_failure(k->control_fd, "start", argv ? errno : EINVAL);
		return;
	}
	who.pid = fork();
	if (who.pid == 0)
		run_child(k, m, extra, argv, error_pipe[1]);
	close(error_pipe[1]);
	if (who.pid < 0) {
		report_failure(k->control_fd, "fork", errno);
	} else if (read(error_pipe[0], &error, sizeof(error)) > 0) {
		waitpid(who.pid, NULL, 0);
		report_failure(k->control_fd, "exec", error);
	} else {
		reply.id = who.pid;
		wire_send(k->control_fd, &reply, &who);
	}
	close(error_pipe[0]);
}

/* A socket belongs to the namespace in which it was made, whoever connects it. */
static void give_socket(const struct keeper *k)
{
	struct wire_message reply = { .kind = WIRE_SOCKET };
	struct wire_extra extra = { .fds_count = 1 };

	extra.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (extra.fds[0] < 0) {
		report_failure(k->control_fd, "socket", errno);
		return;
	}
	wire_send(k->control_fd, &reply, &extra);
	close(extra.fds[0]);
}

/* FALSE when the harness is gone. */
static gboolean serve_request(const struct keeper *k)
{
	static struct wire_message m;
	struct wire_extra extra;
	int ret = wire_receive(k->control_fd, &m, &extra, 0);

	if (ret == -ECONNRESET)
		return FALSE;
	if (ret < 0)
		report_failure(k->control_fd, "receive", -ret);
	else if (m.kind == WIRE_SPAWN)
		spawn(k, &m, &extra);
	else if (m.kind == WIRE_SOCKET)
		give_socket(k);
	for (guint i = 0; i < extra.fds_count; i++)
		close(extra.fds[i]);
	return TRUE;
}

/* Orphans of the namespace are reaped here too; the harness ignores ids it never got. */
static void reap(const struct keeper *k)
{
	struct wire_message m = { .kind = WIRE_EXITED };
	struct signalfd_siginfo ignored;

	if (read(k->signal_fd, &ignored, sizeof(ignored)) < 0)
		return;
	while ((m.id = waitpid(-1, &m.wait_status, WNOHANG)) > 0)
		wire_send(k->control_fd, &m, NULL);
}

static int serve(const struct keeper *k)
{
	struct pollfd fds[] = { { .fd = k->control_fd, .events = POLLIN },
				{ .fd = k->signal_fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents)
			reap(k);
		if (fds[0].revents && !serve_request(k))
			return 0;
	}
}

/* PID 1 of the namespace. */
static int run_init(int control_fd, gboolean is_root)
{
	struct keeper k = { .control_fd = control_fd, .is_root = is_root };
	struct wire_message ready = { .kind = WIRE_READY };
	struct wire_extra self = { .pid = getpid() };
	sigset_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	k.signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k.signal_fd < 0)
		return report_failure(control_fd, "signalfd", errno);
	if (!raise_loopback())
		return report_failure(control_fd, "bring up the loopback", errno);
	if (!mount_private_tmp())
		return report_failure(control_fd, "mount a private /tmp", errno);
	wire_send(control_fd, &ready, &self);
	return serve(&k);
}

/* Close whatever the harness inherited from its own parents: not for the pod. */
static int keep_only(int fd)
{
	if (fd != WIRE_CHILD_FD_MIN && dup2(fd, WIRE_CHILD_FD_MIN) < 0)
		return fd;
	close_range(WIRE_CHILD_FD_MIN + 1, ~0U, 0);
	fcntl(WIRE_CHILD_FD_MIN, F_SETFD, FD_CLOEXEC);
	return WIRE_CHILD_FD_MIN;
}

static int keep(int control_fd)
{
	gboolean is_root = geteuid() == 0;
	pid_t init;

	setsid();
	control_fd = keep_only(control_fd);
	if (!is_root && !enter_user_namespace())
		return report_failure(control_fd, "make a user namespace", errno);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) < 0)
		return report_failure(control_fd, "make namespaces", errno);
	/* Entering a user namespace clears it: arm it again. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	init = fork();
	if (init < 0)
		return report_failure(control_fd, "fork", errno);
	if (init == 0)
		_exit(run_init(control_fd, is_root));
	close(control_fd);
	while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int keeper_main(int control_fd)
{
	/* Not exit(): nothing is buffered here, and exit handlers (a sanitizer's, a
	 * library's) may want to fork, which is impossible once PID 1 is gone. */
	_exit(keep(control_fd));
}
