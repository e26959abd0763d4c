// SPDX-License-Identifier: GPL-2.0-only
#include "machine/nbd_probe.h"

#include <libnbd.h>
#include <unistd.h>

#include "base/error.h"

#define BLOCK_BYTES 4096

struct probe {
	struct nbd_handle *nbd;
	gint64 until_ms;
	guint deadline_ms;
};

static gint64 now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static gboolean fail_nbd(GError **error)
{
	g_set_error_literal(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, nbd_get_error());
	return FALSE;
}

/* Let the connection make one step. */
static gboolean step(struct probe *p, GError **error)
{
	gint64 left_ms = p->until_ms - now_ms();

	if (left_ms <= 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "no answer within %u ms",
			    p->deadline_ms);
		return FALSE;
	}
	return nbd_poll(p->nbd, left_ms) >= 0 || fail_nbd(error);
}

static gboolean open_export(struct probe *p, int fd, const char *name, GError **error)
{
	if (nbd_set_export_name(p->nbd, name) < 0 || nbd_aio_connect_socket(p->nbd, fd) < 0)
		return fail_nbd(error);
	while (nbd_aio_is_connecting(p->nbd))
		if (!step(p, error))
			return FALSE;
	return nbd_aio_is_ready(p->nbd) || fail_nbd(error);
}

static gboolean read_block(struct probe *p, GError **error)
{
	char block[BLOCK_BYTES];
	gint64 cookie = nbd_aio_pread(p->nbd, block, sizeof(block), 0, NBD_NULL_COMPLETION, 0);
	gboolean stepped = TRUE;
	int done = 0;

	if (cookie < 0)
		return fail_nbd(error);
	while (stepped && !(done = nbd_aio_command_completed(p->nbd, cookie)))
		stepped = step(p, error);
	return stepped && (done > 0 || fail_nbd(error));
}

static gboolean check_size(struct probe *p, guint64 size_bytes, GError **error)
{
	gint64 got = nbd_get_size(p->nbd);

	if (got == (gint64)size_bytes)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "the export is %" G_GINT64_FORMAT " bytes long instead of %" G_GUINT64_FORMAT,
		    got, size_bytes);
	return FALSE;
}

gboolean nbd_probe(int fd, const char *name, guint64 size_bytes, guint deadline_ms, GError **error)
{
	struct probe p = { .nbd = nbd_create(),
			   .until_ms = now_ms() + deadline_ms,
			   .deadline_ms = deadline_ms };
	gboolean done;

	if (!p.nbd) {
		close(fd);
		return fail_nbd(error);
	}
	done = open_export(&p, fd, name, error) && check_size(&p, size_bytes, error) &&
	       read_block(&p, error);
	if (done)
		nbd_aio_disconnect(p.nbd, 0); /* says goodbye where that needs no waiting */
	nbd_close(p.nbd);
	return done;
}
