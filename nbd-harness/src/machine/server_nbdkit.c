// SPDX-License-Identifier: GPL-2.0-only
/*
 * nbdkit (1.32): the backend that can be slow or broken on purpose, by its
 * delay, rate and error filters.
 *
 * Its file plugin resolves file=PATH to a real path, which a memfd does not
 * have; served as a directory it opens names as they are, so the export is a
 * symbolic link of that name.
 */
#include "machine/server_private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"

#define EIO_TRIGGER "nbdkit-eio" /* reads fail while it exists */
#define EXPORTS	    "nbdkit-exports"

static gboolean make_export(struct server *s, int image_fd, GError **error)
{
	g_autofree char *folder = server_tmp_path(s, EXPORTS);
	g_autofree char *link = g_build_filename(folder, SERVER_EXPORT, NULL);
	g_autofree char *target = g_strdup_printf("/proc/self/fd/%d", image_fd);

	if (g_mkdir_with_parents(folder, 0755) == 0 &&
	    (symlink(target, link) == 0 || errno == EEXIST))
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot set up nbdkit: %s",
		    g_strerror(errno));
	return FALSE;
}

static void add(GPtrArray *argv, const char *const *words, guint count)
{
	for (guint i = 0; i < count; i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
}

static gboolean command(struct server *s, GPtrArray *argv, int image_fd, GError **error)
{
	static const char *const program[] = { "nbdkit", "--foreground", "--ipaddr=127.0.0.1",
					       "--filter=error" };
	static const char *const plugin[] = { "file", "dir=/tmp/" EXPORTS, "error-pread=EIO",
					      "error-pread-rate=100%",
					      "error-pread-file=/tmp/" EIO_TRIGGER };

	if (!make_export(s, image_fd, error))
		return FALSE;
	add(argv, program, G_N_ELEMENTS(program));
	g_ptr_array_add(argv, g_strdup_printf("--port=%u", s->port));
	if (s->delay_ms)
		g_ptr_array_add(argv, g_strdup("--filter=delay"));
	if (s->rate_bytes_per_s)
		g_ptr_array_add(argv, g_strdup("--filter=rate"));
	add(argv, plugin, G_N_ELEMENTS(plugin));
	if (s->delay_ms) {
		g_ptr_array_add(argv, g_strdup_printf("delay-read=%ums", s->delay_ms));
		g_ptr_array_add(argv, g_strdup_printf("delay-write=%ums", s->delay_ms));
	}
	if (s->rate_bytes_per_s) /* in bits */
		g_ptr_array_add(argv, g_strdup_printf("rate=%" G_GUINT64_FORMAT,
						      s->rate_bytes_per_s * 8));
	return TRUE;
}

static gboolean inject_eio(struct server *s, gboolean on, GError **error)
{
	g_autofree char *trigger = server_tmp_path(s, EIO_TRIGGER);

	if (on)
		return g_file_set_contents_full(trigger, "", 0, G_FILE_SET_CONTENTS_NONE, 0644,
						error);
	if (g_unlink(trigger) == 0 || errno == ENOENT)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot heal nbdkit's reads: %s",
		    g_strerror(errno));
	return FALSE;
}

const struct server_ops nbdkit_ops = {
	.name = "nbdkit",
	.program = "nbdkit",
	.command = command,
	.probe = server_probe_nbd,
	.inject_eio = inject_eio,
};
