// SPDX-License-Identifier: GPL-2.0-only
/*
 * NFS: the kernel's nfsd (nfsd.c) on a file system of the server's disk, in which a file is made
 * that has no holes; the guest swaps on that file.
 *
 * The image is larger than the file by what the file system takes (server_image_bytes()).
 */
#include "run/transport.h"

#include "base/text.h"
#include "machine/server.h"
#include "run/addresses.h"
#include "run/nfsd.h"
#include "run/root.h"

#define EXPORT_DIR "/export"
#define MOUNT_DIR  "/swap"

static void make_swap_file(GString *script, const struct scenario *s)
{
	text_line(script, "once run mke2fs -q -F -t ext4 -J size=8 -m 0 -N 16 " TRANSPORT_DISK);
	text_line(script, "mount ext4 " TRANSPORT_DISK " " EXPORT_DIR);
	text_line(script, "once allocate " EXPORT_DIR "/" SERVER_EXPORT " %" G_GUINT64_FORMAT,
		  s->swap.size_bytes);
}

static void serve(GString *script, const struct scenario *s)
{
	const struct nfsd_export exports[] = { { EXPORT_DIR, 0 }, root_export(s), { NULL, 0 } };

	make_swap_file(script, s);
	nfsd_serve(script, s->swap.port, exports);
}

/* mount(8)'s helper would turn the address into these options. */
static void mount_and_swap(GString *script, const struct scenario *s, const char *source,
			   const char *versions)
{
	g_autoptr(GString) mount_options = g_string_new(versions);

	g_string_append_printf(mount_options, ",proto=tcp,hard,addr=%s",
			       transport_server_address(s));
	if (s->swap.connections > 1)
		g_string_append_printf(mount_options, ",nconnect=%u", s->swap.connections);
	text_line(script, "mount nfs %s:%s " MOUNT_DIR " %s", transport_server_address(s), source,
		  mount_options->str);
	text_line(script, "mkswap " MOUNT_DIR "/" SERVER_EXPORT);
	text_line(script, "swapon " MOUNT_DIR "/" SERVER_EXPORT);
}

static void attach3(GString *script, const struct scenario *s)
{
	/* Nobody else uses the file: without locks there is no need for statd. */
	mount_and_swap(script, s, EXPORT_DIR, "vers=3,mountproto=tcp,nolock");
}

static void attach4(GString *script, const struct scenario *s)
{
	g_autofree char *versions =
		g_strdup_printf("vers=4.%u,clientaddr=" PAIR_GUEST_ADDRESS, s->swap.minorversion);

	mount_and_swap(script, s, "/", versions);
}

static const char *const stop[] = { NFSD_STOP, NULL };
static const char *const start[] = { NFSD_START, NULL };
static const char *const options3[] = { "CONFIG_NFS_V3", "CONFIG_NFS_SWAP", NULL };
static const char *const options4[] = { "CONFIG_NFS_V4", "CONFIG_NFS_SWAP", NULL };
static const char *const modules3[] = { "sunrpc", "nfs", "nfsv3", NULL };
static const char *const modules4[] = { "sunrpc", "nfs", "nfsv4", NULL };
const struct transport_ops transport_nfs3 = {
	.name = "nfs3",
	.options = options3,
	.guest = { .modules = modules3 },
	.server = NFSD_IMAGE,
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach3,
};

const struct transport_ops transport_nfs4 = {
	.name = "nfs4",
	.options = options4,
	.guest = { .modules = modules4 },
	.server = NFSD_IMAGE,
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach4,
};
