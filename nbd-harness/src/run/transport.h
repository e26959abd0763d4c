/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transports: how swap reaches its server.  Each says what the images of guest and
 * server must hold for it, and what either PID 1 is told:
 *
 *	server's VM:  link up, the swap image is TRANSPORT_DISK -> modules -> serve() -> ready
 *	guest:	      NIC up -> modules -> attach(), which ends with swapon
 *
 * transport_nbd.c is the one to read first.
 */
#ifndef NETSWAP_RUN_TRANSPORT_H
#define NETSWAP_RUN_TRANSPORT_H

#include "build/image.h"
#include "build/kernel.h"
#include "scenario/scenario.h"

#define TRANSPORT_DISK	     "/dev/vda" /* of the server's VM */
#define TRANSPORT_DEVICE_MS  20000	/* until the guest has its swap device */
#define TRANSPORT_SERVING_MS 20000	/* until somebody listens */

struct transport_ops {
	const char *name;		  /* as in transport_table */
	const char *const *options;	  /* CONFIG_* of the guest's kernel; NULL-terminated */
	struct image_parts guest, server; /* server: for link.kind=pair */
	void (*serve)(GString *script, const struct scenario *s);
	/* Lines that end serving, and begin it anew; NULL-terminated. */
	const char *const *stop, *const *start;
	void (*attach)(GString *script, const struct scenario *s);
};

extern const struct transport_ops transport_nbd, transport_nfs3, transport_nfs4, transport_nvme_tcp;

const struct transport_ops *transport_of(const struct scenario *s);
/* PID 1 is to load the modules that its image holds as @parts, in their order. */
void transport_load_modules(GString *script, const struct image_parts *parts);
/* Where the guest finds the server. */
const char *transport_server_address(const struct scenario *s);
/* Has the guest's kernel what it takes, as far as its configuration is known?  Errors:
 * NETSWAP_ERROR_USAGE, naming the option. */
gboolean transport_check_kernel(const struct transport_ops *t, const struct kernel *kernel,
				GError **error);
/* The same for @options (ends with NULL), which @wanted_by ("machine.root=nfs3") needs. */
gboolean transport_check_options(const char *wanted_by, const char *const *options,
				 const struct kernel *kernel, GError **error);

#endif
