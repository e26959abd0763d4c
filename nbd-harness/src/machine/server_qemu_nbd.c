// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's block layer as a server: one process, coroutines and worker threads. */
#include "machine/server_private.h"

static gboolean command(struct server *s, GPtrArray *argv, int image_fd, GError **error)
{
	static const char *const fixed[] = { "qemu-nbd", "--bind=127.0.0.1", "--persistent",
					     "--shared=0", "--export-name=" SERVER_EXPORT };

	for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	g_ptr_array_add(argv, g_strdup_printf("--port=%u", s->port));
	/* Spelled out, or it would guess the format from what the guest writes. */
	g_ptr_array_add(argv, g_strdup("--image-opts"));
	g_ptr_array_add(argv, g_strdup_printf("driver=raw,file.driver=file,file.locking=off,"
					      "file.filename=/proc/self/fd/%d",
					      image_fd));
	return TRUE;
}

const struct server_ops qemu_nbd_ops = {
	.name = "qemu-nbd",
	.program = "qemu-nbd",
	.command = command,
	.probe = server_probe_nbd,
};
