// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the guest: carries out the script that the host wrote on the board
 * (board.h), then watches over the pressure processes.
 *
 *   mount what is needed -> map the board, phase RUNNING
 *     -> script, line by line (verbs.c lists the verbs; "swapon" sets SWAP_ON,
 *        "press" sets PRESSING) -> loop: reap, heartbeat, one request at a time
 *     -> DONE when every pressure process but companions has ended
 *
 * A line that fails sets FAILED and the board's error, a sentence naming line,
 * step and reason; the loop runs on, so that the host may still ask.
 *
 * Limits: the loop must not wait for memory, since the machine under it is
 * being wedged on purpose.  It is locked in memory, allocates nothing, opens
 * nothing and calls nothing that allocates, save for what the host requests.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define LOOP_MS 20

struct board *board;

static char reason[160];
static char script[BOARD_SCRIPT_BYTES + 1];
static char *script_at = script;

int fail(const char *fmt, ...)
{
	const char *why = errno ? strerror(errno) : NULL;
	size_t used;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	used = strlen(reason);
	if (why)
		snprintf(reason + used, sizeof(reason) - used, ": %s", why);
	return -1;
}

char *next_word(char **args)
{
	static char none[1];
	char *word;

	do {
		word = strsep(args, " \t");
	} while (word && !*word && *args);
	return word ? word : none;
}

int write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

void set_phase(enum board_phase phase)
{
	board->phase_time_us[phase] = now_us();
	__atomic_store_n(&board->phase, phase, __ATOMIC_RELEASE);
}

/* The line that failed may be that of a request, then @line is 0. */
static void set_failed(unsigned int line, const char *text)
{
	if (line)
		snprintf(board->error, sizeof(board->error), "guest script line %u (%.60s): %s",
			 line, text, reason);
	else
		snprintf(board->error, sizeof(board->error), "guest request (%.60s): %s", text,
			 reason);
	fprintf(stderr, "init: %s\n", board->error);
	set_phase(BOARD_FAILED);
}

int carry_out(char *line)
{
	static char none[1];
	char *args = line;
	char *name = next_word(&args);

	if (!*name || *name == '#')
		return 0;
	for (const struct verb *v = verbs; v->name; v++) {
		if (!strcmp(v->name, name)) {
			errno = 0;
			return v->run(args ? args : none);
		}
	}
	errno = 0;
	return fail("there is no verb '%s'", name);
}

int script_next(char *line, size_t room)
{
	char *text = strsep(&script_at, "\n");

	if (!text || (!*text && !script_at))
		return 0;
	board->line++;
	snprintf(line, room, "%s", text);
	return 1;
}

static void run_script(void)
{
	static char line[512], copy[512];
	size_t bytes = board->script_bytes;

	if (bytes > BOARD_SCRIPT_BYTES)
		bytes = BOARD_SCRIPT_BYTES;
	memcpy(script, board->script, bytes);
	while (script_next(line, sizeof(line))) {
		unsigned int number = board->line;

		strcpy(copy, line);
		if (carry_out(line) < 0) {
			set_failed(number, copy);
			return;
		}
	}
}

static void answer_request(void)
{
	static char line[BOARD_REQUEST_BYTES], copy[BOARD_REQUEST_BYTES];
	uint64_t seq = __atomic_load_n(&board->request_seq, __ATOMIC_ACQUIRE);

	if (seq == board->request_done)
		return;
	memcpy(line, board->request, sizeof(line) - 1);
	line[strcspn(line, "\n")] = '\0';
	strcpy(copy, line);
	if (carry_out(line) < 0)
		set_failed(0, copy);
	__atomic_store_n(&board->request_done, seq, __ATOMIC_RELEASE);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		pressure_reaped(pid, status);
}

static int mount_on(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	return mount(type, dir, type, 0, NULL);
}

/* Without the basic mounts or the board nobody can be told but the console. */
static void __attribute__((noreturn)) give_up(const char *what)
{
	fprintf(stderr, "init: cannot %s: %s\n", what, strerror(errno));
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	for (int i = 0; i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

int main(void)
{
	if (mount_on("proc", "/proc") || mount_on("sysfs", "/sys") || mount_on("devtmpfs", "/dev"))
		give_up("mount proc, sysfs or devtmpfs");
	open_console();
	(void)mount_on("debugfs", "/sys/kernel/debug"); /* not every kernel has it */
	if (board_open() < 0)
		give_up("open the board (PCI device 1af4:1110)");
	board = board_map();
	if (!board)
		give_up("map the board");
	(void)write_file("/proc/self/oom_score_adj", "-1000");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		give_up("lock itself in memory");
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);

	board->boots++;
	set_phase(BOARD_RUNNING);
	run_script();
	for (;;) {
		const struct timespec pause = { .tv_nsec = LOOP_MS * 1000000L };

		reap();
		answer_request();
		board->heartbeat++;
		nanosleep(&pause, NULL);
	}
}
