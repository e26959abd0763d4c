// SPDX-License-Identifier: GPL-2.0-only
/* The verbs that make, write, mount and remove files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"

/* DIR and those above it: 0, or -1 with errno. */
static int make_dirs(char *dir)
{
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(dir, 0755) && errno != EEXIST ? -1 : 0;
}

int verb_mkdir(char *args)
{
	char *dir = next_word(&args);

	if (!*dir || make_dirs(dir))
		return fail("cannot make folder %s", dir);
	return 0;
}

int verb_link(char *args)
{
	char *target = next_word(&args);
	char *path = next_word(&args);

	if (symlink(target, path))
		return fail("cannot link %s to %s", path, target);
	return 0;
}

/* Written, not just allocated: a file system notes of each extent when it is written to first, and
 * whoever waits for that has to wait longer. */
int verb_allocate(char *args)
{
	static char zeros[1 << 20];
	char *path = next_word(&args);
	off_t bytes = (off_t)strtoull(next_word(&args), NULL, 10);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int ret = fd < 0 ? -1 : 0;

	for (off_t at = 0; !ret && at < bytes; at += sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), at) != sizeof(zeros))
			ret = -1;
	if (!ret && (ftruncate(fd, bytes) || fsync(fd)))
		ret = -1;
	if (ret)
		fail("cannot make %s of %llu bytes", path, (unsigned long long)bytes);
	if (fd >= 0)
		close(fd);
	return ret;
}

int verb_write(char *args)
{
	char *file = next_word(&args);

	if (!args || write_file(file, args) < 0)
		return fail("cannot write to %s", file);
	return 0;
}

int verb_file(char *args)
{
	char *path = next_word(&args);
	unsigned long count = strtoul(next_word(&args), NULL, 10);
	char line[512];
	FILE *f = fopen(path, "we");

	if (!f)
		return fail("cannot make %s", path);
	while (count-- && script_next(line, sizeof(line)))
		fprintf(f, "%s\n", line);
	if (fclose(f))
		return fail("cannot write %s", path);
	return 0;
}

int verb_mount(char *args)
{
	char *type = next_word(&args);
	char *source = next_word(&args);
	char *dir = next_word(&args);
	unsigned long flags = strcmp(type, "squashfs") ? 0 : MS_RDONLY;

	mkdir(dir, 0755);
	errno = 0;
	if (mount(source, dir, type, flags, args))
		return fail("cannot mount %s (%s) on %s", source, type, dir);
	return 0;
}

int verb_copy(char *args)
{
	char *from = next_word(&args);
	char *to = next_word(&args);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	char buffer[4096];
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			break;
	if (n || close(out))
		return fail("cannot copy %s to %s", from, to);
	close(in);
	return 0;
}

/* PID 1 itself is locked in memory: of the new root it needs no page. */
int verb_root(char *args)
{
	static const char *const mounts[] = { "dev", "proc", "sys" };
	char *dir = next_word(&args);
	char from[16], to[128];

	for (unsigned int i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		snprintf(from, sizeof(from), "/%s", mounts[i]);
		snprintf(to, sizeof(to), "%s/%s", dir, mounts[i]);
		mkdir(to, 0755);
		errno = 0;
		if (mount(from, to, NULL, MS_BIND | MS_REC, NULL))
			return fail("cannot have %s below %s", from, dir);
	}
	if (chdir(dir) || chroot("."))
		return fail("cannot make %s the root", dir);
	return 0;
}

int verb_remove(char *args)
{
	char *path;

	while (*(path = next_word(&args)))
		if (unlink(path))
			return fail("cannot remove %s", path);
	return 0;
}
