/* SPDX-License-Identifier: GPL-2.0-only */
/* What a scenario's machine boots from: kernel, initramfs, disk, command line, accelerator. */
#ifndef NETSWAP_RUN_BOOT_H
#define NETSWAP_RUN_BOOT_H

#include "build/kernel.h"
#include "machine/machine.h"
#include "scenario/scenario.h"

struct boot {
	struct kernel *kernel;
	char *kernel_name; /* with what it is booted without: "6.12.117+ablate without gfp" */
	char *initrd;	   /* paths in the cache */
	char *extra_image; /* with fio, or NULL */
	char *cmdline;
	const char *accel; /* decided */
	char *accel_reason;
	struct boot_peer { /* of link.kind=pair; else all NULL */
		struct kernel *kernel;
		char *initrd, *cmdline, *script;
		const char *const *stop, *const *start; /* of transport_ops */
	} peer;
};

/*
 * Build or find what @s asks for; with @want_disk the disk with fio even if the
 * scenario needs none.  On failure *boot may be filled in part: clear it.
 */
gboolean boot_obtain(const struct scenario *s, gboolean want_disk, struct boot *boot,
		     GError **error);
void boot_clear(struct boot *boot);

/* All of a machine's configuration but where its output goes; points into @boot. */
struct machine_config boot_machine_config(const struct boot *boot);

#endif
