// SPDX-License-Identifier: GPL-2.0-only
#include "machine/logtail.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 2048

off_t log_end(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? s.st_size : 0;
}

char *log_last_line(int fd, off_t from)
{
	/* Logs are often opened for writing only. */
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	off_t end = log_end(fd);
	char text[TAIL_BYTES + 1];
	ssize_t bytes = -1;
	int in;

	if (end <= from)
		return NULL;
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return NULL;
	bytes = pread(in, text, TAIL_BYTES, MAX(from, end - TAIL_BYTES));
	close(in);
	if (bytes <= 0)
		return NULL;
	text[bytes] = 0;
	g_strchomp(text);
	if (!*text)
		return NULL;
	return g_utf8_make_valid(strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text, -1);
}
