/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's nfsd in the server's VM, with nfs-utils' mountd.
 *
 * With nfsdcld, which remembers the clients, a server that has none from before
 * skips NFSv4's grace period, in which nothing may be opened; its end would have
 * to be awaited otherwise.
 */
#ifndef NETSWAP_RUN_NFSD_H
#define NETSWAP_RUN_NFSD_H

#include "build/image.h"

#define NFSD_PORT  2049
#define NFSD_START "run rpc.nfsd --no-udp 4"
#define NFSD_STOP  "run rpc.nfsd 0"

extern const char *const nfsd_modules[], *const nfsd_packages[], *const nfsd_programs[];

#define NFSD_IMAGE                                                                                 \
	{                                                                                          \
		.modules = nfsd_modules, .packages = nfsd_packages, .programs = nfsd_programs      \
	}

/* A folder; @fsid tells it from others, and 0 is what NFSv4 calls "/". */
struct nfsd_export {
	const char *dir;
	guint fsid;
};

/*
 * Lines for PID 1: serve @exports (ends with dir NULL) on @port.  All of them at
 * once: whoever knew one before the server booted anew must find it there.
 */
void nfsd_serve(GString *script, guint port, const struct nfsd_export *exports);

#endif
