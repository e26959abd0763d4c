// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs mkswap and swapon.  The header is that of mkswap(8), version 1, as
 * include/linux/swap.h of the kernel declares it (union swap_header).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

int verb_swapon(char *args)
{
	char *device = next_word(&args);
	char *priority = next_word(&args);
	int flags = 0;

	if (*priority)
		flags = SWAP_FLAG_PREFER | (atoi(priority) & SWAP_FLAG_PRIO_MASK);
	if (swapon(device, flags))
		return fail("cannot swap on %s", device);
	set_phase(BOARD_SWAP_ON);
	return 0;
}
