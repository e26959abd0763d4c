// SPDX-License-Identifier: GPL-2.0-only
/*
 * NFS: the kernel's nfsd with nfs-utils' mountd on a file system of the server's
 * disk, in which a file is made that has no holes; the guest swaps on that file.
 *
 * The image is larger than the file by what the file system takes
 * (server_image_bytes()).  With nfsdcld, which remembers the clients,
 * a server that has none from before skips NFSv4's grace period, in which nothing may be
 * opened; its end would have to be awaited otherwise.
 */
#include "run/transport.h"

#include "base/text.h"
#include "machine/server.h"
#include "run/addresses.h"

#define EXPORT_DIR "/export"
#define MOUNT_DIR  "/swap"
#define NFSD_DIR   "/proc/fs/nfsd"
#define PIPE_DIR   "/var/lib/nfs/rpc_pipefs"
#define LEASE_S	   10 /* the least that nfsd takes */
#define START	   "run rpc.nfsd --no-udp 4"

static void make_swap_file(GString *script, const struct scenario *s)
{
	text_line(script, "once run mke2fs -q -F -t ext4 -J size=8 -m 0 -N 16 " TRANSPORT_DISK);
	text_line(script, "mount ext4 " TRANSPORT_DISK " " EXPORT_DIR);
	text_line(script, "once allocate " EXPORT_DIR "/" SERVER_EXPORT " %" G_GUINT64_FORMAT,
		  s->swap.size_bytes);
}

/* What programs expect of a system. */
static void prepare_system(GString *script, const struct scenario *s)
{
	text_line(script, "mkdir /etc");
	text_line(script, "mkdir /run/rpcbind");
	text_line(script, "mkdir /var/lib/nfs/nfsdcld");
	text_line(script, "link /run /var/run"); /* where the kernel looks for rpcbind */
	text_line(script, "file /var/lib/nfs/etab 0");
	text_line(script, "file /var/lib/nfs/rmtab 0");
	text_line(script, "file /etc/passwd 2");
	text_line(script, "root:x:0:0:root:/:/bin/sh");
	text_line(script, "_rpc:x:100:65534::/run/rpcbind:/bin/sh");
	text_line(script, "file /etc/services 3");
	text_line(script, "sunrpc 111/tcp portmapper");
	text_line(script, "sunrpc 111/udp portmapper");
	text_line(script, "nfs %u/tcp", s->swap.port);
	text_line(script, "file /etc/netconfig 3");
	text_line(script, "udp tpi_clts v inet udp - -");
	text_line(script, "tcp tpi_cots_ord v inet tcp - -");
	text_line(script, "local tpi_cots_ord - loopback - - -");
	/* insecure: the harness's second client has no port below 1024. */
	text_line(script, "file /etc/exports 1");
	text_line(script, EXPORT_DIR " *(rw,sync,no_root_squash,no_subtree_check,insecure,fsid=0)");
}

static void serve(GString *script, const struct scenario *s)
{
	make_swap_file(script, s);
	prepare_system(script, s);
	text_line(script, "mount nfsd nfsd " NFSD_DIR);
	text_line(script, "write " NFSD_DIR "/nfsv4leasetime %u", LEASE_S);
	text_line(script, "write " NFSD_DIR "/nfsv4gracetime %u", LEASE_S);
	text_line(script, "mount rpc_pipefs sunrpc " PIPE_DIR);
	text_line(script, "run nfsdcld");
	text_line(script, "run rpcbind");
	text_line(script, "run exportfs -a");
	text_line(script, "run rpc.mountd");
	text_line(script, START);
	text_line(script, "wait-port %u %u", s->swap.port, TRANSPORT_SERVING_MS);
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

static const char *const stop[] = { "run rpc.nfsd 0", NULL };
static const char *const start[] = { START, NULL };
static const char *const options3[] = { "CONFIG_NFS_V3", "CONFIG_NFS_SWAP", NULL };
static const char *const options4[] = { "CONFIG_NFS_V4", "CONFIG_NFS_SWAP", NULL };
static const char *const modules3[] = { "sunrpc", "nfs", "nfsv3", NULL };
static const char *const modules4[] = { "sunrpc", "nfs", "nfsv4", NULL };
/* crc32c_generic: ext4 asks for it by another name. */
static const char *const server_modules[] = { "crc32c_generic", "ext4", "nfsd", NULL };
static const char *const server_packages[] = { "nfs-kernel-server", "rpcbind", "e2fsprogs", NULL };
static const char *const server_programs[] = { "usr/sbin/exportfs",
					       "usr/sbin/rpc.mountd",
					       "usr/sbin/rpc.nfsd",
					       "usr/sbin/nfsdcld",
					       "sbin/rpcbind",
					       "sbin/mke2fs",
					       NULL };

#define NFS_SERVER                                                                                 \
	{                                                                                          \
		.modules = server_modules, .packages = server_packages,                            \
		.programs = server_programs                                                        \
	}

const struct transport_ops transport_nfs3 = {
	.name = "nfs3",
	.options = options3,
	.guest = { .modules = modules3 },
	.server = NFS_SERVER,
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach3,
};

const struct transport_ops transport_nfs4 = {
	.name = "nfs4",
	.options = options4,
	.guest = { .modules = modules4 },
	.server = NFS_SERVER,
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach4,
};
