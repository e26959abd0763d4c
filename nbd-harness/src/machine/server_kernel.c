// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers that are a kernel's: they run in a VM of their own, set up by what its
 * PID 1 is told (run/transport_*.c).  Here is what else a machine knows of them.
 */
#include "machine/server_private.h"

#include "machine/nfs_probe.h"
#include "machine/nvme_probe.h"

/* What ext4 takes beside the one file: bitmaps and group descriptors; and some room. */
#define FS_SHARE_DIVISOR 64
#define FS_BYTES	 (16ull << 20)

static guint64 image_with_fs(guint64 swap_bytes)
{
	return swap_bytes + swap_bytes / FS_SHARE_DIVISOR + FS_BYTES;
}

static gboolean probe_nfsd(struct server *s, int fd, guint deadline_ms, GError **error)
{
	return nfs_probe(fd, SERVER_EXPORT, deadline_ms, error);
}

static gboolean probe_nvmet(struct server *s, int fd, guint deadline_ms, GError **error)
{
	return nvme_probe(fd, SERVER_NQN, deadline_ms, error);
}

const struct server_ops nfsd_ops = {
	.name = "nfsd",
	.image_bytes = image_with_fs,
	.probe = probe_nfsd,
};

const struct server_ops nvmet_ops = {
	.name = "nvmet",
	.probe = probe_nvmet,
};
