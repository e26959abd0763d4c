// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's nbd-server (3.24).  It detaches itself: -d, "do not fork", also
 * means that it serves one connection and then ends.  It forks a process for
 * each connection and speaks to syslog only.  It takes 0.2 to 0.7 s to start:
 * it makes Diffie-Hellman parameters, whether TLS is used or not.
 */
#include "machine/server_private.h"

#include "base/error.h"

static gboolean command(struct server *s, GPtrArray *argv, int image_fd, GError **error)
{
	/* Its default pid file would be one for all of the host. */
	static const char *const words[] = { "nbd-server", "-C", "/tmp/nbd-server.conf", "-p",
					     "/tmp/nbd-server.pid" };
	g_autofree char *path = server_tmp_path(s, "nbd-server.conf");
	g_autofree char *config = g_strdup_printf("[generic]\n"
						  "\tlistenaddr = 127.0.0.1\n"
						  "\tport = %u\n"
						  "[" SERVER_EXPORT "]\n"
						  "\texportname = /proc/self/fd/%d\n",
						  s->port, image_fd);

	if (!g_file_set_contents_full(path, config, -1, G_FILE_SET_CONTENTS_NONE, 0644, error)) {
		g_prefix_error(error, "cannot configure nbd-server: ");
		return FALSE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	return TRUE;
}

const struct server_ops nbd_server_ops = {
	.name = "nbd-server",
	.program = "nbd-server",
	.forks = TRUE,
	.detaches = TRUE,
	.command = command,
	.probe = server_probe_nbd,
};
