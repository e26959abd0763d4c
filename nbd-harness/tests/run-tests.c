// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs test programs that print TAP, one after the other, and counts points.
 *
 *	run-tests [-l LOG-DIR] [-t SECONDS] PROGRAM...
 *
 *	fork -> the program leads a process group; its standard output is read
 *	here, its standard error goes to LOG-DIR/NAME.err; descriptor 3 is our own
 *	standard error, for the progress of long work
 *	  -> each point that failed, was skipped or took long is shown as it comes
 *	  -> it exits, or its time is up: SIGTERM to its group, later SIGKILL
 *	  -> whatever it left running is killed, and counts as a failure
 *	  -> one line with its counts and its time
 *
 * The last line is "N passed, N failed, N skipped"; it also goes to
 * LOG-DIR/summary.  Exit status: 0 when nothing failed, 1 otherwise.
 *
 * Failures, beside "not ok": points that were planned and never came, points
 * beyond the plan, no plan at all, a bad exit status with all points good,
 * and processes left behind.  Skips: "# SKIP why", "1..0 # SKIP why", and exit
 * status 77 without any point (why: the last line of standard error).
 *
 * Limits: one program at a time; lines are cut at LINE_BYTES; point numbers
 * are not looked at, only counted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES   4096
#define SKIP_STATUS  77
#define PROGRESS_FD  3
#define GRACE_MS     10000 /* from SIGTERM to SIGKILL */
#define LEFTOVERS_MS 2000  /* how long what a program started may outlive it */
#define LONG_MS	     2000  /* a good point that took so long is shown */
#define ERR_LINES    20	   /* of standard error, shown after a failure */

struct counts {
	int passed, failed, skipped;
};

/* One program's run. */
struct test {
	const char *program, *name;
	struct counts counts;
	int plan; /* -1: none seen */
	bool diagnosing;
	bool late; /* ended by us */
	char line[LINE_BYTES];
	size_t line_bytes;
	long began_ms, last_point_ms;
	FILE *tap;
	char err_path[1024];
};

static const char *log_dir = "build/tests/log";
static long limit_ms = 1800 * 1000;
static int signal_fd;
static int stop_signal; /* one that ends all: SIGINT, SIGTERM, SIGHUP */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what, const char *which)
{
	fprintf(stderr, "run-tests: %s %s: %s\n", what, which, strerror(errno));
	exit(2);
}

/* --- TAP --------------------------------------------------------------- */

static bool starts_with(const char *line, const char *prefix)
{
	return !strncmp(line, prefix, strlen(prefix));
}

/* Where a directive such as "# SKIP" stands in a point's line, or NULL. */
static const char *directive(const char *line, const char *word)
{
	for (const char *at = strchr(line, '#'); at; at = strchr(at + 1, '#')) {
		const char *text = at + 1 + strspn(at + 1, " ");

		if (!strncasecmp(text, word, strlen(word)))
			return text;
	}
	return NULL;
}

static void take_point(struct test *t, const char *line, bool ok)
{
	long now = now_ms();
	const char *skip = directive(line, "SKIP");
	double took_s = (now - t->last_point_ms) / 1e3;

	t->diagnosing = false;
	if (skip) {
		t->counts.skipped++;
		printf("  skipped: %s\n", line);
	} else if (ok || directive(line, "TODO")) {
		t->counts.passed++;
		if (now - t->last_point_ms >= LONG_MS)
			printf("  %-68s %7.1f s\n", line, took_s);
	} else {
		t->counts.failed++;
		t->diagnosing = true;
		printf("  FAILED: %-60s %7.1f s\n", line, took_s);
	}
	t->last_point_ms = now;
}

static void take_plan(struct test *t, const char *line)
{
	const char *skip = directive(line, "SKIP");

	t->plan = atoi(line + strlen("1.."));
	if (!t->plan) {
		t->counts.skipped++;
		printf("  skipped: %s\n", skip ? skip : line);
	}
}

static void take_line(struct test *t, const char *line)
{
	fprintf(t->tap, "%s\n", line);
	if (starts_with(line, "ok"))
		take_point(t, line, true);
	else if (starts_with(line, "not ok"))
		take_point(t, line, false);
	else if (starts_with(line, "1.."))
		take_plan(t, line);
	else if (starts_with(line, "Bail out!") || (t->diagnosing && *line == '#'))
		printf("    %s\n", line);
	fflush(stdout);
}

/* Take what the program wrote; false at the end of its output. */
static bool take_output(struct test *t, int fd)
{
	char bytes[LINE_BYTES];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] == '\n') {
			t->line[t->line_bytes] = '\0';
			take_line(t, t->line);
			t->line_bytes = 0;
		} else if (t->line_bytes < LINE_BYTES - 1) {
			t->line[t->line_bytes++] = bytes[i];
		}
	}
	return got > 0;
}

/* --- processes --------------------------------------------------------- */

static pid_t start(const struct test *t, int output)
{
	int err = open(t->err_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	pid_t parent = getpid(), pid;
	sigset_t none;

	if (err < 0)
		die("cannot write", t->err_path);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("cannot fork for", t->program);
	if (pid) {
		close(err);
		return pid;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	dup2(STDERR_FILENO, PROGRESS_FD);
	dup2(output, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execl(t->program, t->program, NULL);
	fprintf(stderr, "cannot run %s: %s\n", t->program, strerror(errno));
	_exit(127);
}

static void take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD)
		stop_signal = info.ssi_signo;
}

/* Serve output and signals until @pid has ended, its time is up, or we are told to stop. */
static int follow(struct test *t, pid_t pid, int fd)
{
	long deadline_ms = t->began_ms + limit_ms;
	bool told = false, open = true;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct pollfd fds[] = { { signal_fd, POLLIN, 0 }, { open ? fd : -1, POLLIN, 0 } };
		long left_ms = deadline_ms - now_ms();

		if (left_ms <= 0 || (stop_signal && !told)) {
			if (!told && !stop_signal)
				printf("  FAILED: out of time after %ld s\n", limit_ms / 1000);
			t->late = true;
			kill(-pid, told ? SIGKILL : SIGTERM);
			told = true;
			deadline_ms = now_ms() + GRACE_MS;
			continue;
		}
		poll(fds, 2, (int)left_ms);
		if (fds[0].revents)
			take_signal();
		if (fds[1].revents)
			open = take_output(t, fd);
	}
	while (open && poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0) > 0)
		open = take_output(t, fd);
	return status;
}

/* What has ended is reaped; true while any descendant still lives (we are their reaper). */
static bool any_left(void)
{
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, WNOHANG);
	} while (pid > 0);
	return pid == 0;
}

/* Kill our children one by one, and say who they were. */
static void kill_left(void)
{
	char path[64], name[64];
	FILE *children;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "re");
		if (!comm || fscanf(comm, "%63s", name) != 1)
			strcpy(name, "?");
		if (comm)
			fclose(comm);
		printf("    left behind: %d (%s)\n", pid, name);
		kill(pid, SIGKILL);
	}
	if (children)
		fclose(children);
}

static void clear_leftovers(struct test *t)
{
	long deadline_ms = now_ms() + LEFTOVERS_MS;
	long left_ms;

	while (any_left() && (left_ms = deadline_ms - now_ms()) > 0) {
		poll(&(struct pollfd){ signal_fd, POLLIN, 0 }, 1, (int)left_ms);
		take_signal();
	}
	if (!any_left())
		return;
	t->counts.failed++;
	printf("  FAILED: processes were still there %d ms after the program's end\n",
	       LEFTOVERS_MS);
	/* Their own children become ours in turn. */
	while (any_left()) {
		kill_left();
		usleep(10000);
	}
}

/* --- one program ------------------------------------------------------- */

/* The last @wanted lines of the program's standard error, indented. */
static void show_errors(const struct test *t, int wanted)
{
	FILE *file = fopen(t->err_path, "re");
	char line[LINE_BYTES];
	int lines = 0;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		lines++;
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (lines-- <= wanted)
			printf("    | %s%s", line, strchr(line, '\n') ? "" : "\n");
	}
	fclose(file);
}

static int points(const struct test *t)
{
	return t->counts.passed + t->counts.failed + t->counts.skipped;
}

static void describe_end(int status, char *text, size_t bytes)
{
	if (WIFSIGNALED(status))
		snprintf(text, bytes, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, bytes, "exit status %d", WEXITSTATUS(status));
}

/* What the exit status and the plan say beyond the points themselves. */
static void settle(struct test *t, int status)
{
	bool good = !t->late && WIFEXITED(status) && !WEXITSTATUS(status);
	int missing = t->plan - points(t);
	char end[128];

	describe_end(status, end, sizeof(end));
	if (!points(t) && WIFEXITED(status) && WEXITSTATUS(status) == SKIP_STATUS) {
		t->counts.skipped++;
		printf("  skipped: %s\n", t->name);
		show_errors(t, 1);
	} else if (t->plan > 0 && missing > 0) {
		t->counts.failed += missing;
		printf("  FAILED: %d of %d points never came: %s\n", missing, t->plan, end);
	} else if (t->plan > 0 && missing < 0) {
		t->counts.failed++;
		printf("  FAILED: %d points came, %d were planned\n", points(t), t->plan);
	} else if (t->plan < 0 && !t->counts.failed) {
		t->counts.failed++;
		printf("  FAILED: no plan, %s\n", end);
	} else if (!good && !t->counts.failed) {
		t->counts.failed++;
		printf("  FAILED: %s after good points only\n", end);
	}
	if (t->counts.failed)
		show_errors(t, ERR_LINES);
}

static void print_counts(FILE *out, const struct counts *c)
{
	fprintf(out, "%d passed, %d failed, %d skipped\n", c->passed, c->failed, c->skipped);
}

static void show_end(const struct test *t)
{
	char text[128];
	int at = snprintf(text, sizeof(text), "%d passed", t->counts.passed);

	if (t->counts.failed)
		at += snprintf(text + at, sizeof(text) - at, ", %d FAILED", t->counts.failed);
	if (t->counts.skipped)
		snprintf(text + at, sizeof(text) - at, ", %d skipped", t->counts.skipped);
	printf("%-34s %-35s %7.1f s\n", t->name, text, (now_ms() - t->began_ms) / 1e3);
	fflush(stdout);
}

static struct counts run(const char *program)
{
	struct test t = { .program = program, .plan = -1, .began_ms = now_ms() };
	char tap_path[1024];
	int output[2], status;
	const char *slash = strrchr(program, '/');

	t.name = slash ? slash + 1 : program;
	t.last_point_ms = t.began_ms;
	snprintf(t.err_path, sizeof(t.err_path), "%s/%s.err", log_dir, t.name);
	snprintf(tap_path, sizeof(tap_path), "%s/%s.tap", log_dir, t.name);
	t.tap = fopen(tap_path, "we");
	if (!t.tap || pipe2(output, O_CLOEXEC))
		die("cannot write", tap_path);
	pid_t pid = start(&t, output[1]);

	close(output[1]);
	status = follow(&t, pid, output[0]);
	if (!stop_signal)
		settle(&t, status);
	clear_leftovers(&t);
	show_end(&t);
	close(output[0]);
	fclose(t.tap);
	return t.counts;
}

/* --- all --------------------------------------------------------------- */

static void make_log_dir(void)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/", log_dir);
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			die("cannot make", path);
		*at = '/';
	}
}

static void catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("cannot follow", "signals");
}

static void write_summary(const struct counts *c)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/summary", log_dir);
	file = fopen(path, "we");
	if (!file)
		die("cannot write", path);
	print_counts(file, c);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct counts all = { 0 };
	int option;

	while ((option = getopt(argc, argv, "l:t:")) != -1) {
		if (option == 'l')
			log_dir = optarg;
		else if (option == 't' && atol(optarg) > 0)
			limit_ms = atol(optarg) * 1000;
		else
			break;
	}
	if (option != -1 || optind == argc) {
		fprintf(stderr, "usage: run-tests [-l LOG-DIR] [-t SECONDS] PROGRAM...\n");
		return 2;
	}
	make_log_dir();
	catch_signals();
	for (int i = optind; i < argc && !stop_signal; i++) {
		struct counts c = run(argv[i]);

		all.passed += c.passed;
		all.failed += c.failed;
		all.skipped += c.skipped;
	}
	if (stop_signal) {
		all.failed++;
		printf("FAILED: ended by signal %d (%s)\n", stop_signal, strsignal(stop_signal));
	}
	write_summary(&all);
	print_counts(stdout, &all);
	return all.failed ? 1 : 0;
}
