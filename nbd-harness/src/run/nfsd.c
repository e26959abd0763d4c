// SPDX-License-Identifier: GPL-2.0-only
#include "run/nfsd.h"

#include "base/text.h"
#include "run/transport.h"

#define NFSD_DIR "/proc/fs/nfsd"
#define PIPE_DIR "/var/lib/nfs/rpc_pipefs"
#define LEASE_S	 10 /* the least that nfsd takes */

/* crc32c_generic: ext4 asks for it by another name. */
const char *const nfsd_modules[] = { "crc32c_generic", "ext4", "nfsd", NULL };
const char *const nfsd_packages[] = { "nfs-kernel-server", "rpcbind", "e2fsprogs", NULL };
const char *const nfsd_programs[] = { "usr/sbin/exportfs",
				      "usr/sbin/rpc.mountd",
				      "usr/sbin/rpc.nfsd",
				      "usr/sbin/nfsdcld",
				      "sbin/rpcbind",
				      "sbin/mke2fs",
				      NULL };

/* What programs expect of a system. */
static void prepare_system(GString *script, guint port)
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
	text_line(script, "nfs %u/tcp", port);
	text_line(script, "file /etc/netconfig 3");
	text_line(script, "udp tpi_clts v inet udp - -");
	text_line(script, "tcp tpi_cots_ord v inet tcp - -");
	text_line(script, "local tpi_cots_ord - loopback - - -");
}

static void write_exports(GString *script, const struct nfsd_export *exports)
{
	guint n = 0;

	while (exports[n].dir)
		n++;
	text_line(script, "file /etc/exports %u", n);
	/* insecure: the harness's second client has no port below 1024. */
	for (; exports->dir; exports++)
		text_line(script, "%s *(rw,sync,no_root_squash,no_subtree_check,insecure,fsid=%u)",
			  exports->dir, exports->fsid);
}

void nfsd_serve(GString *script, guint port, const struct nfsd_export *exports)
{
	prepare_system(script, port);
	write_exports(script, exports);
	text_line(script, "mount nfsd nfsd " NFSD_DIR);
	text_line(script, "write " NFSD_DIR "/nfsv4leasetime %u", LEASE_S);
	text_line(script, "write " NFSD_DIR "/nfsv4gracetime %u", LEASE_S);
	text_line(script, "mount rpc_pipefs sunrpc " PIPE_DIR);
	text_line(script, "run nfsdcld");
	text_line(script, "run rpcbind");
	text_line(script, "run exportfs -a");
	text_line(script, "run rpc.mountd");
	text_line(script, NFSD_START);
	text_line(script, "wait-port %u %u", port, TRANSPORT_SERVING_MS);
}
