// SPDX-License-Identifier: GPL-2.0-only
#include "machine/attach.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/console.h"

#define DEADLINE_MS    5000
#define GDB_SOCKET     "gdb"
#define CONSOLE_SOCKET "console"

char *attach_gdb(struct qemu *q, struct pod *pod, GError **error)
{
	/* The pod's /tmp is QEMU's own. */
	g_autofree char *said = qmp_hmp(q->qmp,
					"gdbserver unix:/tmp/" GDB_SOCKET ",server=on,wait=off",
					DEADLINE_MS, error);
	g_autofree char *path = g_build_filename(pod_tmp_dir(pod), GDB_SOCKET, NULL);

	if (!said)
		return NULL;
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&path);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "QEMU opened no gdb server: %s",
		    g_strstrip(said));
	return NULL;
}

static int connect_to(const char *path, GError **error)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && g_strlcpy(to.sun_path, path, sizeof(to.sun_path)) < sizeof(to.sun_path) &&
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot connect to QEMU's %s: %s",
		    path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

gboolean attach_console(struct qemu *q, struct pod *pod, GError **error)
{
	/* What the guest says goes on into console.log. */
	static const char arguments[] =
		"{\"id\":\"console\",\"backend\":{\"type\":\"socket\",\"data\":{"
		"\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"/tmp/" CONSOLE_SOCKET "\"}},"
		"\"server\":true,\"wait\":false,"
		"\"logfile\":\"" QEMU_CONSOLE_FILE "\",\"logappend\":true}}}";
	g_autoptr(JsonNode)
		answer = qmp_execute(q->qmp, "chardev-change", arguments, DEADLINE_MS, error);
	g_autofree char *path = g_build_filename(pod_tmp_dir(pod), CONSOLE_SOCKET, NULL);
	int fd = answer ? connect_to(path, error) : -1;

	if (fd >= 0)
		q->console = console_new(fd);
	return fd >= 0;
}
