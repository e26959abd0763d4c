// SPDX-License-Identifier: GPL-2.0-only
#include "guest/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"

#define CHUNK_BYTES (1u << 20)
#define BLOCK_BYTES 4096u	  /* zeros of this size are left out */
#define SPARE_BYTES (64ull << 20) /* of the disk, never used up */

gboolean unpack_is_zstd(const void *beginning, gsize bytes)
{
	static const guint8 magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

	return bytes >= sizeof(magic) && !memcmp(beginning, magic, sizeof(magic));
}

struct unpacking {
	const char *path; /* of the compressed file */
	int from, to;
	ZSTD_DCtx *zstd;
	guint64 room_bytes; /* that the disk still has for us */
	guint64 at_bytes;   /* written so far, zeros left out included */
	guint8 in[CHUNK_BYTES], out[CHUNK_BYTES];
};

static int open_temporary(GError **error)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "netswap-core-XXXXXX", NULL);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot make a temporary file in %s: %s; set TMPDIR to another folder",
			    g_get_tmp_dir(), g_strerror(errno));
	else
		unlink(path);
	return fd;
}

static gboolean no_room(const struct unpacking *u, GError **error)
{
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "%s has no room for the decompressed %s; set TMPDIR to a folder with more, or "
		    "decompress it yourself (zstd -d)",
		    g_get_tmp_dir(), u->path);
	return FALSE;
}

/* Write what was decompressed, without its blocks of zeros: RAM has many. */
static gboolean put(struct unpacking *u, gsize bytes, GError **error)
{
	static const guint8 zeros[BLOCK_BYTES];

	for (gsize at = 0, n; at < bytes; at += n, u->at_bytes += n) {
		n = MIN(BLOCK_BYTES, bytes - at);
		if (!memcmp(u->out + at, zeros, n))
			continue;
		if (u->room_bytes < n)
			return no_room(u, error);
		u->room_bytes -= n;
		if (pwrite(u->to, u->out + at, n, u->at_bytes) != (gssize)n)
			return no_room(u, error);
	}
	return TRUE;
}

static gboolean damaged(const struct unpacking *u, const char *how, GError **error)
{
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s is damaged or cut short: %s",
		    u->path, how);
	return FALSE;
}

static gboolean unpack(struct unpacking *u, GError **error)
{
	gsize state = 1; /* of the decompressor: 0 at a frame's end */
	gssize got;

	while ((got = read(u->from, u->in, sizeof(u->in))) > 0) {
		ZSTD_inBuffer in = { u->in, got, 0 };
		gboolean full = FALSE;

		while (in.pos < in.size || full) {
			ZSTD_outBuffer out = { u->out, sizeof(u->out), 0 };

			state = ZSTD_decompressStream(u->zstd, &out, &in);
			if (ZSTD_isError(state))
				return damaged(u, ZSTD_getErrorName(state), error);
			full = out.pos == out.size;
			if (!put(u, out.pos, error))
				return FALSE;
		}
	}
	if (got < 0)
		return damaged(u, g_strerror(errno), error);
	if (state)
		return damaged(u, "its last zstd frame does not end", error);
	return ftruncate(u->to, u->at_bytes) == 0 || no_room(u, error);
}

int unpack_zstd(int fd, const char *path, GError **error)
{
	g_autofree struct unpacking *u = g_new0(struct unpacking, 1);
	struct statvfs disk;
	gboolean ok;

	u->path = path;
	u->from = fd;
	u->to = open_temporary(error);
	if (u->to < 0)
		return -1;
	if (fstatvfs(u->to, &disk) == 0)
		u->room_bytes = (guint64)disk.f_bavail * disk.f_frsize;
	u->room_bytes -= MIN(u->room_bytes, SPARE_BYTES);
	u->zstd = ZSTD_createDCtx();
	ok = lseek(fd, 0, SEEK_SET) == 0 && unpack(u, error);
	ZSTD_freeDCtx(u->zstd);
	if (ok)
		return u->to;
	close(u->to);
	return -1;
}
