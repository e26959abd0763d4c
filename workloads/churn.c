// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn: small kernel objects come and go, for as long as others press.
 *
 * A round is BATCH of each:
 *   - lookups of names that do not exist and were never asked for, in sysfs: each
 *     leaves a negative dentry behind, until the shrinkers take it;
 *   - a file made in the initramfs, a ramfs, and the one made FILES_KEPT before it
 *     unlinked: an inode and a dentry, freed by RCU;
 *   - messages of all sizes queued in a pair of Unix sockets, then drained: sk_buffs
 *     and what they carry, from slabs of eight sizes.
 *
 * All of it is allocated in process context with GFP_KERNEL, by callers that
 * have no right to the reserves: below the min watermark they must reclaim,
 * unless a slab that was filled from the reserves serves them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"
#include "workload.h"

#define BATCH		  64
#define FILES_KEPT	  256
#define MESSAGE_BYTES_MAX 4096

struct churn {
	uint64_t n; /* names used up */
	char dir[24];
	int sockets[2];
};

static void name_file(const struct churn *c, uint64_t n, char *path, size_t room)
{
	snprintf(path, room, "%s/%llu", c->dir, (unsigned long long)n);
}

static void look_up(const struct workload *w, const struct churn *c)
{
	char path[64];
	struct stat s;

	snprintf(path, sizeof(path), "/sys/churn-%u-%llu", w->index, (unsigned long long)c->n);
	(void)!stat(path, &s);
}

/* Whatever fails for want of memory is tried again with the next name. */
static void make_file(const struct churn *c)
{
	char path[64];
	int fd;

	name_file(c, c->n, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	if (c->n < FILES_KEPT)
		return;
	name_file(c, c->n - FILES_KEPT, path, sizeof(path));
	(void)!unlink(path);
}

static void queue_message(const struct workload *w, const struct churn *c)
{
	static const char text[MESSAGE_BYTES_MAX];
	size_t bytes = pattern_mix(w->seed ^ w->index ^ c->n) % MESSAGE_BYTES_MAX + 1;

	/* Small ones are more: halved up to seven times. */
	(void)!send(c->sockets[0], text, (bytes >> c->n % 8) + 1, MSG_DONTWAIT);
}

static void drain(const struct churn *c)
{
	static char text[MESSAGE_BYTES_MAX + 1];

	while (recv(c->sockets[1], text, sizeof(text), MSG_DONTWAIT) > 0)
		;
}

static void do_round(const struct workload *w, struct churn *c)
{
	for (unsigned int i = 0; i < BATCH; i++, c->n++) {
		look_up(w, c);
		make_file(c);
		queue_message(w, c);
	}
	drain(c);
}

int run_churn(struct workload *w)
{
	const struct timespec pause = { .tv_sec = (time_t)(w->interval_ms / 1000),
					.tv_nsec = (long)(w->interval_ms % 1000) * 1000000 };
	struct churn c = { 0 };

	snprintf(c.dir, sizeof(c.dir), "/churn-%u", w->slot);
	if (mkdir(c.dir, 0700))
		return workload_failed(w, "cannot make %s", c.dir);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, c.sockets))
		return workload_failed(w, "cannot open a pair of sockets");
	workload_wait_for_start(w);
	for (;;) {
		do_round(w, &c);
		w->progress->rounds++;
		nanosleep(&pause, NULL);
	}
}
