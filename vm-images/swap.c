// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs of swap.  The header is that of mkswap(8), version 1, as
 * include/linux/swap.h of the kernel declares it (union swap_header).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include "init.h"

#define PAGE 4096

union swap_header {
	char bytes[PAGE];
	struct {
		char bootbits[1024];
		uint32_t version;
		uint32_t last_page;
		uint32_t nr_badpages;
		uint8_t uuid[16];
		char label[16];
	} info;
	struct {
		char reserved[PAGE - 10];
		char magic[10];
	} tail;
};

static int write_header(int fd)
{
	static union swap_header header;
	off_t bytes = lseek(fd, 0, SEEK_END);

	if (bytes < 10 * PAGE) {
		errno = bytes < 0 ? errno : ENOSPC;
		return -1;
	}
	memset(&header, 0, sizeof(header));
	header.info.version = 1;
	header.info.last_page = (uint32_t)(bytes / PAGE - 1);
	memcpy(header.info.label, "netswap", 8);
	memcpy(header.tail.magic, "SWAPSPACE2", 10);
	if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	return fsync(fd);
}

int verb_mkswap(char *args)
{
	char *device = next_word(&args);
	int fd = open(device, O_RDWR | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return fail("cannot open %s", device);
	if (write_header(fd))
		ret = fail("cannot write a swap header to %s", device);
	close(fd);
	return ret;
}

/* For swapoff and swapon-again. */
static struct {
	char device[256];
	int flags;
} last;

int verb_swapon(char *args)
{
	char *device = next_word(&args);
	char *priority = next_word(&args);

	last.flags = 0;
	if (*priority)
		last.flags = SWAP_FLAG_PREFER | (atoi(priority) & SWAP_FLAG_PRIO_MASK);
	snprintf(last.device, sizeof(last.device), "%s", device);
	if (swapon(device, last.flags))
		return fail("cannot swap on %s", device);
	set_phase(BOARD_SWAP_ON);
	return 0;
}

int verb_swapon_again(char *args)
{
	/* Busy: swapping off has not ended, or not succeeded. */
	if (swapon(last.device, last.flags) && errno != EBUSY)
		return fail("cannot swap on %s", last.device);
	return 0;
}

/*
 * It takes as long as it takes to read everything back, and when memory does not
 * suffice the OOM killer ends this process before all others: so PID 1 does not do
 * it itself, and says on the board that it was begun.
 */
int verb_swapoff(char *args)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail("cannot fork to swap off %s", last.device);
	if (pid) {
		__atomic_add_fetch(&board->swapoffs, 1, __ATOMIC_RELEASE);
		return 0;
	}
	prctl(PR_SET_NAME, "swapoff");
	(void)write_file("/proc/self/oom_score_adj", "0");
	if (swapoff(last.device))
		printf("init: cannot swap off %s: %s\n", last.device, strerror(errno));
	else
		printf("init: swapped off %s\n", last.device);
	fflush(stdout);
	_exit(0);
}
