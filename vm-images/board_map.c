// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board is BAR 2 of an ivshmem-plain device, mapped through sysfs.
 *
 * Only the head of the board stays mapped: mapping a PCI resource fills in its
 * page tables at once, and 128 KiB of them for the whole of it, in every
 * process, would be memory taken from the machine under test.  The blob area
 * is mapped while a file is copied to it, and no longer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "board_map.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PAGE	    4096u

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The number in sysfs file @dir/@device/@name, or -1. */
static long pci_number(const char *device, const char *name)
{
	char path[512];
	unsigned int value;
	FILE *f;
	int found;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", device, name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	found = fscanf(f, "%x", &value);
	fclose(f);
	return found == 1 ? (long)value : -1;
}

static int pci_enable(const char *device)
{
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/enable", device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, "1", 1);
	close(fd);
	return n == 1 ? 0 : -1;
}

static int open_device(const char *device)
{
	char path[512];
	int fd;

	if (pci_enable(device) < 0)
		return -1;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", device);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return -1;
	if (dup2(fd, BOARD_FD) < 0)
		return -1;
	close(fd);
	return 0;
}

int board_open(void)
{
	struct dirent *entry;
	DIR *dir = opendir(PCI_DEVICES);
	int ret = -1;

	if (!dir)
		return -1;
	errno = ENODEV;
	while ((entry = readdir(dir))) {
		if (pci_number(entry->d_name, "vendor") == BOARD_PCI_VENDOR &&
		    pci_number(entry->d_name, "device") == BOARD_PCI_DEVICE) {
			ret = open_device(entry->d_name);
			break;
		}
		errno = ENODEV;
	}
	closedir(dir);
	return ret;
}

struct board *board_map(void)
{
	struct board *board =
		mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, BOARD_FD, 0);

	if (board == MAP_FAILED)
		return NULL;
	if (board->magic != BOARD_MAGIC || board->version != BOARD_VERSION) {
		munmap(board, sizeof(*board));
		errno = EPROTO;
		return NULL;
	}
	return board;
}

/* Read @fd to its end into @room bytes at @to: bytes read, or -1. */
static ssize_t read_all(int fd, uint8_t *to, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, to + used, room - used)) > 0)
		used += (size_t)n;
	if (n < 0)
		return -1;
	if (used == room) { /* the end was not seen */
		errno = ENOSPC;
		return -1;
	}
	return (ssize_t)used;
}

/* Append what @fd holds to the blob area: its bytes, or -1.  The caller holds the lock. */
static ssize_t append(uint64_t offset, int fd)
{
	uint64_t page_offset = offset & ~(uint64_t)(PAGE - 1);
	size_t map_bytes = BOARD_BYTES - page_offset;
	uint8_t *map;
	ssize_t n;

	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, BOARD_FD,
		   (off_t)page_offset);
	if (map == MAP_FAILED)
		return -1;
	n = read_all(fd, map + (offset - page_offset), BOARD_BYTES - offset);
	munmap(map, map_bytes);
	return n;
}

static int publish(struct board *board, const char *name, int fd)
{
	uint64_t offset = (sizeof(*board) + board->blob_bytes_used + 63) & ~63ull;
	struct board_blob *blob = &board->blobs[board->blobs_used];
	ssize_t n;

	if (board->blobs_used == BOARD_BLOBS || offset >= BOARD_BYTES ||
	    strlen(name) >= sizeof(blob->name)) {
		errno = ENOSPC;
		return -1;
	}
	n = append(offset, fd);
	if (n <= 0) {
		errno = n ? errno : ENODATA;
		return -1;
	}
	strcpy(blob->name, name);
	blob->offset = offset;
	board->blob_bytes_used = offset + (uint64_t)n - sizeof(*board);
	__atomic_store_n(&blob->bytes, (uint64_t)n, __ATOMIC_RELEASE);
	__atomic_store_n(&board->blobs_used, board->blobs_used + 1, __ATOMIC_RELEASE);
	return 0;
}

int board_publish(struct board *board, const char *name, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int ret, saved;

	if (fd < 0)
		return -1;
	/* PID 1 and workloads publish; record locks tell processes that share BOARD_FD apart. */
	lseek(BOARD_FD, 0, SEEK_SET);
	ret = lockf(BOARD_FD, F_LOCK, 0);
	if (!ret)
		ret = publish(board, name, fd);
	saved = errno;
	(void)!lockf(BOARD_FD, F_ULOCK, 0);
	close(fd);
	errno = saved;
	return ret;
}
