// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs of the board's script: the contract between the harness, which
 * writes the lines, and PID 1, which carries them out.
 *
 * Words are separated by blanks, there is no quoting; a line that starts with
 * "#" is a comment.  A verb that fails ends the script.  Larger verbs have
 * files of their own.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define COMM_LENGTH 15 /* of TASK_COMM_LEN, without its NUL */

static int verb_echo(char *args);
static int verb_sysctl(char *args);
static int verb_clock(char *args);
static int verb_blob(char *args);
static int verb_env(char *args);
static int verb_run(char *args);
static int verb_kill(char *args);
static int verb_once(char *args);
static int verb_wait_block(char *args);
static int verb_wait_port(char *args);
static int verb_ready(char *args);
static int verb_keep(char *args);
static int verb_shell(char *args);
static int verb_poweroff(char *args);

/* clang-format off */
const struct verb verbs[] = {
	{ "echo", "TEXT", "Print TEXT on the console.", verb_echo },
	{ "sysctl", "NAME VALUE", "Set vm.x.y = VALUE through /proc/sys.", verb_sysctl },
	{ "write", "FILE VALUE", "Write the rest of the line to an existing FILE.", verb_write },
	{ "file", "PATH COUNT", "Make file PATH of the COUNT script lines that follow.", verb_file },
	{ "mkdir", "DIR", "Make DIR and those above it.", verb_mkdir },
	{ "link", "TARGET PATH", "Make PATH a symbolic link to TARGET.", verb_link },
	{ "allocate", "PATH BYTES", "Make file PATH of this size, full of zeros.", verb_allocate },
	{ "copy", "FROM TO", "Copy a program.", verb_copy },
	{ "mount", "TYPE SOURCE DIR [OPTIONS]", "Mount; DIR is made; type squashfs is read-only.", verb_mount },
	{ "root", "DIR", "Make DIR the root of PID 1 and of what it starts from now on; /dev, /proc and /sys are there, too.", verb_root },
	{ "blob", "NAME FILE", "Hand FILE to the host as blob NAME.", verb_blob },
	{ "modprobe", "NAME [ARGUMENTS]",
	  "Load module NAME and those it needs; nothing to do if it is not in the image (built in). "
	  "Parameters NAME.x=y of the kernel command line are added.", verb_modprobe },
	{ "ifup", "DEVICE|auto ADDRESS/LENGTH [GATEWAY]",
	  "Bring the network device up and wait for its carrier; auto is the first one with hardware.", verb_ifup },
	{ "env", "NAME VALUE", "Set a variable of what is run from now on.", verb_env },
	{ "run", "PROGRAM [ARGUMENTS]", "Run PROGRAM (looked up in PATH) until it ends with status 0.", verb_run },
	{ "kill", "NAME", "End all processes of this name at once.", verb_kill },
	{ "once", "VERB...", "Carry out the rest of the line, but not when this machine boots again.", verb_once },
	{ "reconnect", "ADDRESS PORT EXPORT TIMEOUT_S",
	  "Attach the export as /dev/nbd0, and again whenever the connection ends; requests that are not "
	  "answered in time are sent again. Does not wait for the device.", verb_reconnect },
	{ "wait-block", "DEVICE TIMEOUT_MS", "Wait until the block device has a size.", verb_wait_block },
	{ "wait-port", "PORT TIMEOUT_MS", "Wait until somebody listens on this TCP port of ours.", verb_wait_port },
	{ "mkswap", "DEVICE", "Write a swap header that covers DEVICE.", verb_mkswap },
	{ "swapon", "DEVICE [PRIORITY]", "Swap on it; sets phase SWAP_ON.", verb_swapon },
	{ "swapoff", "", "Swap off what was swapped on last, in a process of its own; do not wait.", verb_swapoff },
	{ "swapon-again", "", "Swap on it again, if it is off.", verb_swapon_again },
	{ "clock", "SECONDS", "Let the wall clock jump, forward or (-) back.", verb_clock },
	{ "remove", "FILE...", "Remove files; on the initramfs this gives their memory back.", verb_remove },
	{ "start", "COUNT AFTER_MS WORKLOAD [KEY=VALUE...]",
	  "Execute COUNT processes of /bin/workload WORKLOAD, each in its own slot; they wait for phase "
	  "PRESSING and AFTER_MS more. KEY=VALUE as the head of workloads/workload.h lists them.", verb_start },
	{ "press", "", "All pressure is started: sets phase PRESSING.", verb_press },
	{ "ready", "", "What is served can be attached: sets phase SERVING.", verb_ready },
	{ "keep", "BYTES", "Keep memory back for the next shell.", verb_keep },
	{ "shell", "PROGRAM [ARGUMENTS]", "Run PROGRAM on the console with job control; do not wait.", verb_shell },
	{ "poweroff", "", "Power off without syncing.", verb_poweroff },
	{ NULL, NULL, NULL, NULL },
};
/* clang-format on */

static int verb_echo(char *args)
{
	printf("%s\n", args);
	fflush(stdout);
	return 0;
}

static int verb_sysctl(char *args)
{
	char *name = next_word(&args);
	char path[160];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (char *c = path + strlen("/proc/sys/"); *c; c++)
		if (*c == '.')
			*c = '/';
	if (!args || write_file(path, args) < 0)
		return fail("cannot set sysctl %s", name);
	return 0;
}

static int verb_clock(char *args)
{
	long long seconds = strtoll(next_word(&args), NULL, 10);
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return fail("cannot read the clock");
	now.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &now))
		return fail("cannot set the clock");
	return 0;
}

static int verb_blob(char *args)
{
	char *name = next_word(&args);
	char *file = next_word(&args);

	if (board_publish(board, name, file) < 0)
		return fail("cannot hand over %s", file);
	return 0;
}

/* Split @args into @argv of @room pointers, NULL at the end; how many. */
static int split(char *args, char **argv, int room)
{
	int n = 0;
	char *word;

	while (n < room - 1 && *(word = next_word(&args)))
		argv[n++] = word;
	argv[n] = NULL;
	return n;
}

static int verb_env(char *args)
{
	char *name = next_word(&args);

	if (!args || setenv(name, args, 1))
		return fail("cannot set %s", name);
	return 0;
}

static int verb_run(char *args)
{
	char *argv[64];
	int status;
	pid_t pid;

	if (!split(args, argv, 64))
		return fail("run needs a program");
	pid = fork();
	if (pid < 0)
		return fail("cannot fork for %s", argv[0]);
	if (!pid) {
		execvp(argv[0], argv);
		fprintf(stderr, "init: cannot execute %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return fail("cannot wait for %s", argv[0]);
	errno = 0;
	if (WIFSIGNALED(status))
		return fail("%s was killed by signal %d", argv[0], WTERMSIG(status));
	if (WEXITSTATUS(status))
		return fail("%s ended with status %d (see the console)", argv[0],
			    WEXITSTATUS(status));
	return 0;
}

/* Is the process @pid, a text, called @name? */
static int is_called(const char *pid, const char *name)
{
	char path[64], comm[32] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, comm, sizeof(comm) - 1);
	close(fd);
	comm[n > 0 ? strcspn(comm, "\n") : 0] = '\0';
	return !strncmp(comm, name, COMM_LENGTH);
}

static int verb_kill(char *args)
{
	char *name = next_word(&args);
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int killed = 0;

	while (proc && (entry = readdir(proc)))
		if (is_called(entry->d_name, name))
			killed += !kill(atoi(entry->d_name), SIGKILL);
	if (proc)
		closedir(proc);
	errno = 0;
	return killed ? 0 : fail("there is no process %s to end", name);
}

static int verb_once(char *args)
{
	return board->boots > 1 ? 0 : carry_out(args);
}

/* Bytes of block device @device; 0 if it has none or is not there. */
static uint64_t block_bytes(const char *device)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	uint64_t bytes = 0;

	if (fd < 0)
		return 0;
	if (ioctl(fd, (int)BLKGETSIZE64, &bytes))
		bytes = 0;
	close(fd);
	return bytes;
}

/* Look until @is_there(@what) or for as long as @timeout_ms says; 0, or -1 with errno. */
static int wait_for(int (*is_there)(const char *what), const char *what, const char *timeout_ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t deadline_us = now_us() + strtoull(timeout_ms, NULL, 10) * 1000;

	while (!is_there(what)) {
		if (now_us() > deadline_us) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int has_size(const char *device)
{
	return block_bytes(device) > 0;
}

static int verb_wait_block(char *args)
{
	char *device = next_word(&args);

	if (wait_for(has_size, device, next_word(&args)))
		return fail("%s did not get a size", device);
	return 0;
}

static int is_listened_on(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(port)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ret;

	ret = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (fd >= 0)
		close(fd);
	return !ret;
}

static int verb_wait_port(char *args)
{
	char *port = next_word(&args);

	if (wait_for(is_listened_on, port, next_word(&args)))
		return fail("nobody listens on port %s", port);
	return 0;
}

static int verb_ready(char *args)
{
	set_phase(BOARD_SERVING);
	return 0;
}

/* What a shell will need, in memory that nobody can take meanwhile. */
static void *kept;
static size_t kept_bytes;

static int verb_keep(char *args)
{
	kept_bytes = strtoul(args, NULL, 10);
	kept = mmap(NULL, kept_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
	if (kept != MAP_FAILED)
		return 0;
	kept = NULL;
	return fail("cannot keep %s bytes", args);
}

static int verb_shell(char *args)
{
	char *argv[64];
	pid_t pid;

	if (!split(args, argv, 64))
		return fail("shell needs a program");
	if (kept)
		munmap(kept, kept_bytes);
	kept = NULL;
	pid = fork();
	if (pid < 0)
		return fail("cannot fork for %s", argv[0]);
	if (!pid) {
		(void)write_file("/proc/self/oom_score_adj", "0");
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		execvp(argv[0], argv);
		fprintf(stderr, "init: cannot execute %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return 0;
}

static int verb_poweroff(char *args)
{
	reboot(RB_POWER_OFF);
	return fail("cannot power off");
}
