// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform that the run record stands on (run/record.h): lines appended
 * with one write(2) each are all there, whole and in order, however their
 * writer is killed; nothing needs to be flushed or closed.
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES 700 /* about a sample's */

static void write_lines(int fd, int told_fd)
{
	char line[LINE_BYTES];

	memset(line, 'x', sizeof(line));
	line[LINE_BYTES - 1] = '\n';
	for (unsigned int n = 0;; n++) {
		snprintf(line, 11, "%010u", n);
		line[10] = ' ';
		if (write(fd, line, sizeof(line)) != sizeof(line) ||
		    write(told_fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static void test_kill(void)
{
	g_autofree char *path = NULL, *text = NULL;
	int fd = g_file_open_tmp("netswap-append-XXXXXX", &path, NULL);
	int told[2], status;
	unsigned int n, last = 0;
	gsize bytes;
	pid_t pid;

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(fcntl(fd, F_SETFL, O_APPEND), ==, 0);
	g_assert_cmpint(pipe(told), ==, 0);
	pid = fork();
	if (!pid)
		write_lines(fd, told[1]);
	close(told[1]);
	while (last < 1000 && read(told[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	kill(pid, SIGKILL);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	while (read(told[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	g_assert_true(WIFSIGNALED(status));

	g_assert_true(g_file_get_contents(path, &text, &bytes, NULL));
	g_unlink(path);
	g_assert_cmpuint(bytes, >=, (last + 1) * (gsize)LINE_BYTES);
	for (unsigned int i = 0; i <= last; i++) {
		const char *line = text + i * (gsize)LINE_BYTES;

		g_assert_cmpuint(g_ascii_strtoull(line, NULL, 10), ==, i);
		g_assert_cmpint(line[LINE_BYTES - 1], ==, '\n');
	}
	close(fd);
	close(told[0]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/append/survives-sigkill", test_kill);
	return g_test_run();
}
